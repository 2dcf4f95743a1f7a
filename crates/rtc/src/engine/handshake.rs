//! What str0m's handshake ends with: it keeps the keys of a session to itself, but lets others bring the DTLS.
//!
//! Ours is its own, with an ear at it. A session's [`Ear`] is left on the thread while its engine is made, which makes its
//! DTLS; there is no other way to tell one session's from another's.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use str0m::Rtc;
use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion,
    SrtpProfile,
};
use str0m::crypto::{CryptoError, CryptoProvider, from_feature_flags};

use crate::srtp::{Handshake, Profile};

/// Hears the keys once they are agreed.
pub(crate) type Ear = Arc<OnceLock<Handshake>>;

/// An engine whose handshake `ear` hears.
pub(super) fn heard(config: str0m::RtcConfig, now: Instant, ear: &Ear) -> Rtc {
    WAITING.set(Some(Arc::clone(ear)));
    let engine = config.set_crypto_provider(provider()).build(now);
    WAITING.set(None);
    engine
}

fn provider() -> Arc<CryptoProvider> {
    static OURS: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    let ours = || Arc::new(CryptoProvider { dtls_provider: &Provider, ..from_feature_flags() });
    Arc::clone(OURS.get_or_init(ours))
}

thread_local! {
    static WAITING: RefCell<Option<Ear>> = const { RefCell::new(None) };
}

#[derive(Debug)]
struct Provider;

impl DtlsProvider for Provider {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let inner = from_feature_flags().dtls_provider.new_dtls(certificate, now, version, mtu)?;
        Ok(match WAITING.take() {
            Some(ear) => Box::new(Heard { inner, ear }),
            None => inner,
        })
    }
}

#[derive(Debug)]
struct Heard {
    inner: Box<dyn DtlsInstance>,
    ear: Ear,
}

impl DtlsInstance for Heard {
    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let client = self.inner.is_active();
        let output = self.inner.poll_output(buffer);
        if let DtlsOutput::KeyingMaterial(material, profile) = &output {
            let profile = match *profile {
                SrtpProfile::AEAD_AES_128_GCM => Profile::Gcm128,
                SrtpProfile::AEAD_AES_256_GCM => Profile::Gcm256,
                _ => Profile::Counter,
            };
            let _ = self.ear.set(Handshake { profile, material: material.to_vec(), client });
        }
        output
    }

    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.handle_packet(packet)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.inner.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}
