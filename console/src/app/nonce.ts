import { setNonce } from 'get-nonce';

/** What lets style elements in that are made here: the policy of the page takes no other. New with each page. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

// Dialogs keep the page behind them from scrolling by a style element of their own.
setNonce(nonce);
