// Made from docs/reference/openapi.json by scripts/gen-api.mjs; not to be edited.

export interface paths {
    "/api/v2/address-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The rules for addresses */
        get: operations["get_address_rules"];
        put?: never;
        /**
         * Make a rule
         * @description It holds from the next publisher or viewer on; those who are in stay. It says nothing about the API and the console.
         */
        post: operations["post_address_rules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/address-rules/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a rule */
        delete: operations["delete_address_rules_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/aliases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The aliases of streams */
        get: operations["get_aliases"];
        put?: never;
        /**
         * Make an alias
         * @description A device that publishes under this secret name publishes the stream, without a key. For cameras that can send neither `?` nor `=`.
         */
        post: operations["post_aliases"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/aliases/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove an alias */
        delete: operations["delete_aliases_id"];
        options?: never;
        head?: never;
        /** Change an alias */
        patch: operations["patch_aliases_id"];
        trace?: never;
    };
    "/api/v2/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who changed what, newest first */
        get: operations["get_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/certificates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The certificate in service, where it comes from, and what has happened
         * @description Never with the private key. `steps` are the last 500; follow them with the topic `https` of GET /api/v2/events.
         */
        get: operations["get_certificates"];
        /**
         * Upload a certificate
         * @description Checked first: whether key and certificate belong together, the order of the chain, the dates. What cannot be used changes nothing. It is shown to
         *     connections that come from then on; those that are there go on.
         */
        put: operations["put_certificates"];
        post?: never;
        /**
         * Go back to our own, self-signed certificate
         * @description What was uploaded or ordered is shown no more, and not renewed.
         */
        delete: operations["delete_certificates"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/certificates/order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Order a certificate from the authority (ACME)
         * @description The answer says that the order is placed; how it goes on is told by GET and by the topic `https` of GET /api/v2/events. Each of the names has to lead to
         *     port 80 of this server. Until the new certificate has come, and if it does not, the one in service stays. Once it has, it is renewed by itself.
         */
        post: operations["post_certificates_order"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/certificates/renewal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Renew the ordered certificate now
         * @description It is done by itself in time; this is for when a key may be in wrong hands, or to see that it works.
         */
        post: operations["post_certificates_renewal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/certificates/self-signed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a new self-signed certificate, and show it */
        post: operations["post_certificates_self_signed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/diagnostics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a bundle for whoever is asked for help
         * @description Version, settings, names of environment variables, limits, FFmpeg, counts of the store, certificates; and, for who may see each of them
         *     elsewhere, the state of the server, streams, sessions, metrics and the last lines of the log. There is no secret in it.
         */
        post: operations["post_diagnostics"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Streams, the state of the server and its log, as they change
         * @description Server-sent events, each named by its topic. The first of `streams` has `snapshot` and `items`, as GET /api/v2/streams has them;
         *     those that follow have `changed` (whole streams) and `gone` (ids), once a second at most. `system` is as GET /api/v2/system. The first of
         *     `logs` has `snapshot` and as `items` the newest 100 lines, as GET /api/v2/logs has them; those that follow have the lines since then and
         *     `missed`, how many are gone that were not told in time. The first of `webhooks` has `snapshot` and as `items` the last 100 deliveries to any
         *     webhook, as GET /api/v2/webhooks/{id}/deliveries has them, in the order in which they changed; those that follow have what changed since then.
         *     `https` is as GET /api/v2/certificates, each time with the steps that are new. `jobs` has as `items` all jobs, as GET /api/v2/jobs has them, and
         *     `recordings` those that are being made or finished, as GET /api/v2/recordings has them, as `finished` how many are done, those on their way into object storage, and as `space` what the disk has for them; each once a
         *     second at most, when something has changed. After a reconnect everything is told anew. A comment comes every 15 s; the connection ends
         *     with the login or the token.
         */
        get: operations["get_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/ffmpeg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The FFmpeg that works for the server
         * @description It decodes and encodes; streams are passed on without it.
         */
        get: operations["get_ffmpeg"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/invited": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * See what one is invited to
         * @description For the guest, who has no account and brings the token.
         */
        post: operations["post_invited"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/invites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is invited
         * @description Invitations that have ended are shown for a week.
         */
        get: operations["get_invites"];
        put?: never;
        /**
         * Invite somebody
         * @description They publish or watch one stream without a key until a day, or until they are uninvited.
         */
        post: operations["post_invites"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/invites/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Uninvite somebody
         * @description They cannot come any more; who is there stays until kicked.
         */
        delete: operations["delete_invites_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All jobs, with how they are doing */
        get: operations["get_jobs"];
        put?: never;
        /**
         * Make a job
         * @description To record every stream of an app: `{"kind": "record", "label": "all", "streams": {"only": ["live/*"]}}`.
         */
        post: operations["post_jobs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One job */
        get: operations["get_jobs_id"];
        put?: never;
        post?: never;
        /**
         * Remove a job
         * @description Its runs end. What they have made stays.
         */
        delete: operations["delete_jobs_id"];
        options?: never;
        head?: never;
        /** Change a job */
        patch: operations["patch_jobs_id"];
        trace?: never;
    };
    "/api/v2/jobs/{id}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The last lines of a job's log, the eldest first */
        get: operations["get_jobs_id_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/jobs/{id}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have a job's runs begin anew
         * @description Also those that have failed, or are done.
         */
        post: operations["post_jobs_id_restart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/jobs/kinds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The kinds of jobs, with what can be set of each */
        get: operations["get_jobs_kinds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/jobs/kinds/{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Set how many runs of a kind there may be at a time
         * @description Those that are too many go on; who comes later waits.
         */
        patch: operations["patch_jobs_kinds_kind"];
        trace?: never;
    };
    "/api/v2/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The keys that publishers need */
        get: operations["get_keys"];
        put?: never;
        /**
         * Make a key
         * @description A stream or app that has keys of its own asks for one of those, and for no other.
         */
        post: operations["post_keys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a key */
        delete: operations["delete_keys_id"];
        options?: never;
        head?: never;
        /** Change a key */
        patch: operations["patch_keys_id"];
        trace?: never;
    };
    "/api/v2/keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a key another secret
         * @description The one until now holds for `grace` seconds more, for encoders that are set anew one by one.
         */
        post: operations["post_keys_id_rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/keys/global/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give the global key another secret
         * @description The one until now holds for `grace` seconds more. Those who publish stay.
         */
        post: operations["post_keys_global_rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/logins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where one is logged in, or others are */
        get: operations["get_logins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/logins/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Log out elsewhere */
        delete: operations["delete_logins_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The last lines of the log, oldest first
         * @description The last 2,000 are kept in memory. Without `after` these are the newest; with it, those that follow, from the oldest that there is: 0 begins there.
         */
        get: operations["get_logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/metrics/range": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was measured over time
         * @description Kept in memory: each second of the last 10 minutes, each 10 s of the last 6 hours and, of the server, each minute of the last week. Times
         *     are told by the clock as it is now. Where several values become one, it is their mean, or what is said in brackets.
         *
         *     Of the server (needs `system:read`): `received` and `sent`, bytes a second of media from publishers and to viewers; `streams`, `publishers`,
         *     `viewers` and `viewers.PROTOCOL` (max); `refused_publishers` and `refused_viewers`, how many were not let in (sum); `media`, bytes of media held in
         *     memory (max); `cpu` of the process in percent of one core; `memory` of the process in bytes (max); `open_files` of the process (max); `load` over a
         *     minute; `system_cpu` of the machine in percent of all cores; `system_memory`, used bytes (max); `sockets`, TCP connections of the machine
         *     (max); `disk_free` of the data folder in bytes (min); `disk_read`, `disk_written`, `net_received` and `net_sent` of the machine in bytes a second.
         *
         *     Of a stream that is published (needs `streams:read`): `received` and `sent`, bytes a second; `fps` of its main video; `viewers` (max);
         *     `key_frame_interval` in seconds (max); `gaps` in the source (sum); `skipped`, what viewers who were too slow had to pass over (sum). It is kept of the
         *     first 1000 streams, as long as they are there.
         */
        get: operations["get_metrics_range"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["get_openapi_json"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/passes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which streams ask for a pass, and what signs passes
         * @description Nothing asks for one until it is set. A site that has the key can sign passes itself: JSON Web Tokens (HS256) with the claims
         *     `sub` (`live/cam`, `live/*`, `*\/cam` or `*`), `act` (`play` or `publish`) and `exp`; `nbf` and `net` (a network) if wanted.
         *     With `act` `recording` and the id of one in `sub` a pass is for that recording: see `POST /api/v2/recordings/{id}/share`.
         */
        get: operations["get_passes"];
        /**
         * Choose which streams ask for a pass
         * @description From the next viewer on. HLS of such a stream is served to each viewer apart, whatever its mode.
         */
        put: operations["put_passes"];
        /**
         * Sign a pass
         * @description Whoever sends it as `token` in the query of a stream's address may watch, or publish.
         */
        post: operations["post_passes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/passes/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign with another key from now on
         * @description Passes signed until now hold for `grace` seconds more, and invitations that were sent out as well: send them anew.
         */
        post: operations["post_passes_rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/past-streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Streams that were live and that nobody publishes at present, those that were seen last first
         * @description The last 200 are remembered, also when the server is started again.
         */
        get: operations["get_past_streams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/past-streams/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Forget a stream that was live */
        delete: operations["delete_past_streams_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/public/recordings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What there is to know of a recording for whoever watches it
         * @description For those who bring a pass, and have no account.
         */
        get: operations["get_public_recordings_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/public/streams/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether a stream is live, and where it can be watched
         * @description For pages that show it, without an account. A name that nobody publishes is answered as one that nobody ever has. Of a stream that asks for
         *     a pass no more is told than that, unless the pass is in the query, as for the stream itself.
         */
        get: operations["get_public_streams_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/public/streams/{id}/snapshot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a stream looks like, for pages that have yet to play it
         * @description As `GET /api/v2/streams/{id}/snapshot`, 960 pixels wide at most, for whoever may watch the stream. To others it is not there.
         */
        get: operations["get_public_streams_id_snapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Recordings, the newest first */
        get: operations["get_recordings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One recording */
        get: operations["get_recordings_id"];
        put?: never;
        post?: never;
        /**
         * Remove a recording for good
         * @description From the disk. What of it is in a bucket stays there, called as `upload.objects` says.
         */
        delete: operations["delete_recordings_id"];
        options?: never;
        head?: never;
        /** Give a recording another name */
        patch: operations["patch_recordings_id"];
        trace?: never;
    };
    "/api/v2/recordings/{id}/clips": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a clip of a recording
         * @description A recording of its own, of the bytes that there are: nothing is encoded again, so it begins with a key frame. Also of one that is being made.
         */
        post: operations["post_recordings_id_clips"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/{id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a recording that is being made
         * @description At the next key frame. If the stream goes on, so does its recording, as another.
         */
        post: operations["post_recordings_id_end"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/{id}/files/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file of a recording
         * @description MP4, the whole or the part that the header `range` names. One that is not finished is as long as it is at this moment, and can be
         *     played as it is.
         *
         *     With `.ts` or `.flv` behind its number it is MPEG-TS or FLV: the file that it is as well (`also`), or made while it is sent, as far as it is
         *     written, and then there are no ranges. Nothing is encoded. Only codecs are carried that the container has a place for: `formats` of the file says which it can be had as.
         */
        get: operations["get_recordings_id_files_number"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/{id}/files/{number}/{piece}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A segment of a recording
         * @description As its playlist names it: `first-end.m4s`, which are bytes of the file as it was recorded, and stay what they are.
         */
        get: operations["get_recordings_id_files_number_piece"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/{id}/files/{number}/previews": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which small pictures there are of a file
         * @description Of a file that is finished and has pictures: some hundred key frames at most, from its beginning to its end. They are made when somebody asks
         *     for the first time, which takes a second or some.
         */
        get: operations["get_recordings_id_files_number_previews"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/{id}/files/{number}/previews.jpg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The small pictures of a file
         * @description All in one JPEG.
         */
        get: operations["get_recordings_id_files_number_previews_jpg"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/{id}/index.m3u8": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A recording as an HLS playlist
         * @description Of fragmented MP4, in segments of six seconds or somewhat more. While the recording is made it is of the type EVENT, has all that is
         *     there so far, and grows; then it is of the type VOD.
         */
        get: operations["get_recordings_id_index_m3u8"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/{id}/picture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A picture of a recording
         * @description A JPEG of a key frame from its beginning. There is none without FFmpeg, of sound alone, and in the first seconds.
         */
        get: operations["get_recordings_id_picture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/{id}/share": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Share a recording by a link
         * @description Signs a pass: whoever has the link watches and downloads this recording, and nothing else, until it expires. Only another signing key
         *     takes it back before. A site that has the key can sign passes itself: see `GET /api/v2/passes`.
         */
        post: operations["post_recordings_id_share"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/{id}/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Upload a recording, or do so no longer
         * @description When it is waiting already, it is tried at once. What is in the bucket stays there.
         */
        put: operations["put_recordings_id_upload"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How long recordings are kept */
        get: operations["get_recordings_retention"];
        /**
         * Set how long recordings are kept
         * @description What is not to be kept any more is removed within a minute.
         */
        put: operations["put_recordings_retention"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/recordings/space": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the disk has for recordings, and for how long that is enough
         * @description The same is told as `space` with the event `recordings`.
         */
        get: operations["get_recordings_space"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/reference": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document, to be read */
        get: operations["get_reference"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who one is, and what one may do */
        get: operations["get_session"];
        put?: never;
        /**
         * Log in
         * @description Who gives wrong passwords has to wait longer and longer, by address.
         */
        post: operations["post_session"];
        /** Log out */
        delete: operations["delete_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/session/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change one's password
         * @description Ends every other login; the answer logs this one in anew.
         */
        put: operations["put_session_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/session/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A secret for a second factor
         * @description A new one each time; nothing changes until it is sent back with the code that the app shows.
         */
        get: operations["get_session_second_factor"];
        /** Log in with a code as well, from now on */
        put: operations["put_session_second_factor"];
        post?: never;
        /** Log in with the password alone, from now on */
        delete: operations["delete_session_second_factor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Publishers and viewers, those who came first first */
        get: operations["get_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Put a publisher or viewer out */
        delete: operations["delete_sessions_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All settings
         * @description With an ETag, to be handed in as `If-Match` of a change.
         */
        get: operations["get_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change settings
         * @description A JSON Merge Patch (RFC 7396): what is absent stays, and what is `null` is as it was before anybody set it. All of it is checked before any of
         *     it changes; then one subject changes after the other. With `If-Match` it changes only what the caller has seen.
         */
        patch: operations["patch_settings"];
        trace?: never;
    };
    "/api/v2/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server has to be set up */
        get: operations["get_setup"];
        put?: never;
        /** Make the first account, an admin's, and log in */
        post: operations["post_setup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/setup/probe-ports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try whether the server's ports can be reached
         * @description From the machine itself, and at the addresses that `host` stands for. This sees the network from inside: what a firewall or a router between here and
         *     others does it cannot know. While nobody has an account it asks for the setup token, afterwards for the permission `system:read`.
         */
        post: operations["post_setup_probe_ports"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where recordings go */
        get: operations["get_storage"];
        /**
         * Set where recordings go
         * @description What is waiting goes there too. What is in another bucket stays there.
         */
        put: operations["put_storage"];
        post?: never;
        /**
         * Forget the bucket
         * @description With its keys. What is in it stays in it, and what was to go there does not.
         */
        delete: operations["delete_storage"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/storage/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a bucket
         * @description Writes a small object, reads it again and removes it. Nothing is set.
         */
        post: operations["post_storage_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Streams that are published, and those that are waited for, by name */
        get: operations["get_streams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/streams/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One stream */
        get: operations["get_streams_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/streams/{id}/kick": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put a stream's publisher out
         * @description It may come back at once, if its key still holds. Viewers who can wait stay.
         */
        post: operations["post_streams_id_kick"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/streams/{id}/recording": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Record a stream, or do so no longer
         * @description The same as a job for this stream alone, or an exception in one for many: from now on, also when it is published again.
         */
        put: operations["put_streams_id_recording"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/streams/{id}/snapshot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A picture of a stream
         * @description The newest key frame of its main video track as a JPEG, at most two seconds older than that. Needs FFmpeg on the server. Codes of
         *     errors: `no_picture` for a stream of sound alone and before the first key frame, `undecodable` for what FFmpeg makes no picture of,
         *     `ffmpeg_missing`, `busy`, `not_now` and `stopping`.
         */
        get: operations["get_streams_id_snapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/support": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who has access for support, and when it was last used */
        get: operations["get_support"];
        put?: never;
        /**
         * Give access for support
         * @description Whoever has the secret may see streams, sessions, settings, metrics and the log, and make a bundle for diagnostics. They change nothing, and no
         *     secret is shown to them. It ends by itself; each use is in the audit log, to within ten minutes.
         */
        post: operations["post_support"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/support/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take access for support away */
        delete: operations["delete_support_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The state of the server
         * @description With rates of the last second; what was before is at GET /api/v2/metrics/range.
         */
        get: operations["get_system"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's tokens, or others' */
        get: operations["get_tokens"];
        put?: never;
        /**
         * Make a token
         * @description Whoever has it does in one's name what it is for, as long as one may oneself.
         */
        post: operations["post_tokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a token */
        delete: operations["delete_tokens_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody with an account */
        get: operations["get_users"];
        put?: never;
        /** Make an account */
        post: operations["post_users"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/users/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One account */
        get: operations["get_users_name"];
        put?: never;
        post?: never;
        /** Remove an account */
        delete: operations["delete_users_name"];
        options?: never;
        head?: never;
        /** Change somebody's role or password */
        patch: operations["patch_users_name"];
        trace?: never;
    };
    "/api/v2/users/{name}/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Let somebody who has lost their phone log in with the password alone */
        delete: operations["delete_users_name_second_factor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The webhooks */
        get: operations["get_webhooks"];
        put?: never;
        /**
         * Make a webhook
         * @description Each event is POSTed as JSON to its address, signed with its secret in the header `Sluice-Signature`, and tried again when it
         *     fails. Where it is asked, a publisher waits for its answer.
         */
        post: operations["post_webhooks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A webhook
         * @description With an ETag, to be handed in as `If-Match` of a change.
         */
        get: operations["get_webhooks_id"];
        put?: never;
        post?: never;
        /** Remove a webhook */
        delete: operations["delete_webhooks_id"];
        options?: never;
        head?: never;
        /**
         * Change a webhook
         * @description With `If-Match` it changes only what the caller has seen.
         */
        patch: operations["patch_webhooks_id"];
        trace?: never;
    };
    "/api/v2/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was sent to a webhook last, newest first
         * @description The last 100 are kept in memory.
         */
        get: operations["get_webhooks_id_deliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/webhooks/{id}/deliveries/{number}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an event again
         * @description Once and at once: with its id, signed anew. Answers what came of it; without `request` and `answer`, which hold keys of publishers,
         *     for who has not `webhooks:read`.
         */
        post: operations["post_webhooks_id_deliveries_number_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/webhooks/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a webhook another secret
         * @description What is sent is signed with the one until now as well for `grace` seconds, until the receiver knows the new one.
         */
        post: operations["post_webhooks_id_rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a webhook
         * @description Sends it the event `test`, once and at once, whatever it wants to know of, and answers what came of it; without `request` and
         *     `answer` for who has not `webhooks:read`.
         */
        post: operations["post_webhooks_id_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What Prometheus asks for
         * @description OpenMetrics where `Accept` names `application/openmetrics-text`, otherwise the text format 0.0.4. Needs a token with `metrics:read`, as
         *     `Authorization: Bearer SECRET`; on the port of `metrics.listen` nobody is asked.
         */
        get: operations["get_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description What somebody does with a stream.
         * @enum {string}
         */
        ActionView: "publish" | "play";
        /** @description A network that may, or may not, publish or watch. */
        AddressRuleView: {
            /** @description What the rule is about. */
            actions: components["schemas"]["ActionView"][];
            /** @description Since when, RFC 3339. */
            created: string;
            effect: components["schemas"]["Effect"];
            id: string;
            /** @description Whose it is, or what for. */
            label: string;
            /** @description In CIDR notation: `192.0.2.0/24`. */
            network: string;
            /** @description `*`, `live/*`, `live/cam`, or `*\/cam`. */
            streams: string;
        };
        /** @description Where the service for AI features is. */
        AiDocument: {
            /**
             * @description Its secret; it can be set and is never told.
             * @default null
             */
            key?: string | null;
            /**
             * @description The organisation that is charged.
             * @default null
             */
            organization?: string | null;
            /**
             * @description Its base URL.
             * @default null
             */
            url?: string | null;
        };
        /** @description Where the service for AI features is. */
        AiView: {
            /** @description There is a secret. */
            key_set: boolean;
            organization?: string | null;
            url?: string | null;
        };
        /** @description A secret stream name for a device that cannot send a key. */
        AliasView: {
            /** @description The app of the stream that comes of it. */
            app: string;
            /** @description Since when, RFC 3339. */
            created: string;
            /** @description It lets nobody in for now. */
            disabled: boolean;
            id: string;
            /** @description Whose it is, or what for. */
            label: string;
            /** @description The stream name that the device publishes, in any app. It is a secret. */
            name: string;
            /** @description That stream's name. */
            stream: string;
        };
        /** @description How an answer decides who may publish. */
        AskView: {
            /** @description What holds when there is no answer, or none that can be understood. */
            otherwise?: components["schemas"]["OtherwiseView"];
            /**
             * Format: int64
             * @description Seconds that a publisher waits for it at most, 1 to 50.
             */
            wait?: number;
        };
        /** @description One connection that was tried. */
        AttemptView: {
            address: string;
            /** @description `reachable`, `refused`, `timed_out`, `unreachable`; `not_tried`, where that would lead to another machine of a private network. */
            outcome: string;
            /** @description What that means. */
            text: string;
        };
        /** @description What is to be in a bundle. */
        BundleWish: {
            /** @description Addresses of clients as they are; otherwise they are masked: the last byte of IPv4, all but 48 bits of IPv6. */
            addresses?: boolean;
        };
        /** @description The certificate in service, and what has happened with it. */
        CertificatesView: {
            certificate?: components["schemas"]["CertificateView"] | null;
            failure?: components["schemas"]["FailureView"] | null;
            order?: components["schemas"]["OrderView"] | null;
            /** @description An order is under way. */
            ordering: boolean;
            source: components["schemas"]["SourceView"];
            /** @description What has happened, the oldest first. */
            steps: components["schemas"]["StepView"][];
        };
        /** @description What a certificate says. */
        CertificateView: {
            /** @description Those between it and the root. */
            chain: components["schemas"]["LinkView"][];
            /** @description What may trouble some clients, in sentences. */
            doubts: string[];
            /** @description SHA-256, in hexadecimal digits. */
            fingerprint: string;
            /** @description Who vouches for it. */
            issuer: string;
            /** @description The kind of its key: `EC P-256`. */
            key: string;
            /** @description The names and addresses that it is for. */
            names: string[];
            /** @description RFC 3339. */
            not_after: string;
            /** @description RFC 3339. */
            not_before: string;
            subject: string;
        };
        /** @description What changes of an alias; what is absent stays. */
        ChangedAlias: {
            disabled?: boolean | null;
            label?: string | null;
        };
        /** @description What changes of a job; what is absent stays. */
        ChangedJob: {
            label?: string | null;
            /** @description All of them: runs begin anew. */
            settings?: Record<string, never> | null;
            streams?: components["schemas"]["StreamsView"] | null;
            wanted?: boolean | null;
        };
        /** @description How many may run at a time. */
        ChangedJobKind: {
            /** @description Runs at a time, from 1; null for as many as the kind says. Those that run go on. */
            most?: number | null;
        };
        /** @description What changes of a key; what is absent stays. */
        ChangedKey: {
            disabled?: boolean | null;
            /**
             * Format: int64
             * @description Seconds from now until it ends; `null`: it holds until it is removed.
             */
            expires_in?: number | null;
            label?: string | null;
        };
        /** @description What changes of a recording. */
        ChangedRecording: {
            /** @description What it is called. */
            label: string;
        };
        /** @description What changes of an account; what is absent stays. */
        ChangedUser: {
            /** @description Logs them out everywhere. */
            password?: string | null;
            role?: components["schemas"]["Role"] | null;
        };
        /** @description What changes of a receiver; what is absent stays. */
        ChangedWebhook: {
            ask?: components["schemas"]["AskView"] | null;
            /** Format: int32 */
            attempts?: number | null;
            disabled?: boolean | null;
            events?: string[] | null;
            label?: string | null;
            streams?: string[] | null;
            /** Format: int64 */
            timeout?: number | null;
            url?: string | null;
            verify_tls?: boolean | null;
        };
        /** @description One's password, for what a browser that somebody left open must not do. */
        Confirmation: {
            password: string;
        };
        /** @description What somebody logs in with. */
        Credentials: {
            /** @description What the app shows, of accounts with a second factor: asked for with the code `code_needed`. */
            code?: string | null;
            name: string;
            password: string;
        };
        /** @description Something that was changed, or tried. */
        DeedView: {
            /** @example DELETE /api/v2/users/{name} */
            action: string;
            /** @description From where; absent on the machine itself. */
            address?: string | null;
            /** @description When, RFC 3339. */
            at: string;
            /**
             * Format: int64
             * @description Counts up, also over restarts.
             */
            number: number;
            /**
             * Format: int32
             * @description How it ended: an HTTP status.
             */
            status: number;
            /** @example /api/v2/users/bob */
            subject: string;
            /** @description The account; absent for somebody unknown. */
            who?: string | null;
        };
        /** @description An event and what came of it at a receiver. */
        DeliveryView: {
            /** @description The first 2,048 bytes of the answer's body. Absent for who may not see webhooks. */
            answer?: string | null;
            /** @description The app of the stream that it is about. */
            app?: string | null;
            /** @description When it was tried last, RFC 3339, to the millisecond. */
            at: string;
            /**
             * Format: int32
             * @description How often it was tried.
             */
            attempts: number;
            /** @description Why it was sent: `ask`, `tell`, `test`, `replay`. */
            cause: string;
            /** @description What went wrong. */
            error?: string | null;
            /** @description `on_publish` and others, or `test`. */
            event: string;
            /** @description Of the event: the same when it is sent again. */
            id: string;
            /** @description When it is tried again, RFC 3339. */
            next_try?: string | null;
            /**
             * Format: int64
             * @description Counts up from 1 over all receivers, since the server was started.
             */
            number: number;
            /**
             * Format: int64
             * @description The delivery that was sent again.
             */
            replay_of?: number | null;
            /** @description The body that was sent. Where it was asked, with the secrets of the publisher's address. Absent for who may not see webhooks. */
            request?: string | null;
            /** @description `waiting` (no answer for two seconds and more); `delivered`; `refused` (it was asked and said no); `retrying`; `failed`. */
            state: string;
            /**
             * Format: int32
             * @description The status of the answer, if there was one.
             */
            status?: number | null;
            /** @description The stream's name. */
            stream?: string | null;
            /**
             * Format: int64
             * @description Milliseconds that this took.
             */
            took: number;
            /** @description The receiver. */
            webhook: string;
        };
        /** @enum {string} */
        DerivationState: "starting" | "running" | "given_up";
        /** @description Sound that the server makes. */
        DerivationView: {
            /** @description Why it was given up. */
            reason?: string | null;
            /**
             * @description The codec: `aac` or `opus`.
             * @example aac
             */
            sound: string;
            state: components["schemas"]["DerivationState"];
        };
        /** @description In bytes. */
        DiskView: {
            /**
             * Format: int64
             * @description What the server may still write.
             */
            free: number;
            /** Format: int64 */
            total: number;
        };
        /**
         * @description What is to become of those in a network.
         * @enum {string}
         */
        Effect: "allow" | "deny";
        /** @description A secret for a second factor, which holds once it was sent back with a code. */
        FactorView: {
            /** @description In base32, to be typed into an app. */
            secret: string;
            /** @description The same as an address, for a QR code. */
            url: string;
        };
        /** @description Why an order came to nothing. */
        FailureView: {
            /** @description `name_not_found`, `unreachable`, `wrong_server`, `rate_limited`, `authority_unreachable`, `authority`, `refused`, `unusable` or `caa`. */
            code: string;
            /** @description The authority does not want to be asked before, RFC 3339. */
            retry_at?: string | null;
            /** @description What is wrong and what to do about it. */
            text: string;
        };
        /** @description The FFmpeg that works for the server. */
        FfmpegView: {
            /** @description By the names that it has for them, in alphabetical order. */
            decoders: string[];
            encoders: string[];
            /** @description Why there is none that works; then all else is absent or empty. */
            problem?: string | null;
            /**
             * @description Where it is.
             * @example /usr/bin/ffmpeg
             */
            program?: string | null;
            /** @description What it reads from and writes to. */
            protocols: string[];
            /** @example 7.1.2 */
            version?: string | null;
        };
        /** @description A field that is wrong. */
        FieldError: {
            /** @description Its path in the request: `name`, `rules[0].cidr`. */
            field: string;
            /** @description What is wrong with it. */
            message: string;
        };
        /** @description A place where something is missing. */
        GapView: {
            /**
             * Format: double
             * @description Seconds from the beginning.
             */
            at: number;
            /** @description `publisher` (it was away) or `overrun` (the server could not follow). */
            cause: string;
            /**
             * Format: double
             * @description For how many seconds nothing came. For a publisher who was away the recording is not longer; after an overrun the picture stands.
             */
            lasted: number;
        };
        /** @description How a receiver is doing. */
        HealthView: {
            /**
             * Format: int64
             * @description Events that it was never told of because more than 1,000 waited, since the server was started.
             */
            dropped: number;
            /** @description The last try failed: a question got no answer, or what it was told, as a test too, got anything but a success. */
            failing: boolean;
            /** @description Events that wait to be told, or are being told. */
            queued: number;
            /** @description In a word: `untried`; `working`; `waiting` (a request has had no answer for two seconds and more); `failing`. */
            state: string;
            /** @description Requests that have had no answer for two seconds and more. */
            waiting: number;
        };
        /** @description How HLS is served where apps have no settings of their own. What is absent is as the configuration says. */
        HlsDocument: {
            /**
             * @description One playlist for all, which a CDN can cache; viewers are not known one by one.
             * @default null
             */
            plain?: boolean | null;
            /**
             * @description Segments of 2 s in a window of 16 s, else of 10 s in 60 s.
             * @default null
             */
            short?: boolean | null;
        };
        /** @description How HLS is served where apps have no settings of their own. */
        HlsView: {
            /** @description One playlist is for all. */
            plain: boolean;
            /** @description Which of these are set here, and not by the configuration. */
            set: string[];
            /** @description Segments are short. */
            short: boolean;
        };
        /** @description The name that was asked for. */
        HostView: {
            /** @description What it stands for; empty when it is not known. */
            addresses: string[];
            name: string;
            /** @description What that means. */
            text: string;
        };
        /** @description What a guest is invited to. */
        InvitedView: {
            action: components["schemas"]["ActionView"];
            app: string;
            /** @description Until when, RFC 3339. */
            expires: string;
            /** @description Who it is. */
            label: string;
            stream: string;
        };
        /** @description What a guest brings. */
        InviteToken: {
            token: string;
        };
        /** @description A guest, who publishes or watches one stream until a day. */
        InviteView: {
            action: components["schemas"]["ActionView"];
            app: string;
            /** @description Since when, RFC 3339. */
            created: string;
            /** @description Until when, RFC 3339. */
            expires: string;
            id: string;
            /** @description Who it is. */
            label: string;
            /** @description The only network that they may come from. */
            network?: string | null;
            stream: string;
            /** @description What lets them in, as `?token=` of the stream's address. It is a secret. */
            token: string;
        };
        /** @description A kind of job. */
        JobKindView: {
            /** @description Runs at a time; who comes later waits. */
            most: number;
            /** @description What that is where nobody has set it. */
            most_by_default: number;
            /** @example record */
            name: string;
            /** @description What a job's `settings` are, as JSON Schema (2020-12). */
            settings: Record<string, never>;
            /** @description It has a run for each live stream that a job of it names; else a job has one, and names none. */
            streams: boolean;
        };
        /** @description A line of a job's log. */
        JobLineView: {
            /** @description RFC 3339, to the millisecond. */
            at: string;
            /** @description `good`; `doubt` where something was lost or did not work, and it goes on; `bad` where it does not by itself. */
            mood: string;
            /** @description The stream that it is about. */
            stream?: string | null;
            text: string;
        };
        /** @description A job and what becomes of it. */
        JobView: {
            /** @description Since when, RFC 3339. */
            created: string;
            id: string;
            /** @example record */
            kind: string;
            /** @description What for. */
            label: string;
            /** @description Why it cannot run at all. */
            problem?: string | null;
            runs: components["schemas"]["RunView"][];
            /** @description As its kind has them. */
            settings: Record<string, never>;
            streams: components["schemas"]["StreamsView"];
            /** @description It is to run. */
            wanted: boolean;
        };
        /**
         * Format: binary
         * @description A picture.
         */
        Jpeg: string;
        /** @description How long recordings are kept. */
        KeepView: {
            /**
             * Format: int64
             * @description Bytes of all that are over: beyond, the eldest are removed. Without it, as many as the disk has.
             */
            bytes?: number | null;
            /** @description A folder of the server that gets a copy of each file that is finished, called as its recording. Copies are never removed. */
            copy_to?: string | null;
            /**
             * Format: int32
             * @description Days after their end; without it, for ever.
             */
            days?: number | null;
            /**
             * Format: int64
             * @description Bytes of the disk that stay free: recordings end before.
             */
            reserve?: number;
        };
        /** @description The keys that publishers need. */
        KeysView: {
            /** @description That of all streams whose app and name have no key of their own. */
            global: string;
            /** @description The configuration names the global key: another one holds until the server is started again. */
            global_configured: boolean;
            /** @description Until when the one that it has replaced holds too, RFC 3339. */
            global_previous_until?: string | null;
            items: components["schemas"]["KeyView"][];
            /** @description Anybody may publish anything without a key. */
            open: boolean;
        };
        /** @description A key beside the global one. It is a secret. */
        KeyView: {
            /** @description The app it is for; absent: of every app. */
            app?: string | null;
            /** @description Since when, RFC 3339. */
            created: string;
            /** @description It lets nobody in for now. */
            disabled: boolean;
            /** @description Until when; absent: until it is removed. */
            expires?: string | null;
            id: string;
            key: string;
            /** @description Whose it is, or what for. */
            label: string;
            /** @description Until when the key that it has replaced holds too, RFC 3339. */
            previous_until?: string | null;
            /** @description The stream it is for; absent: every one. */
            stream?: string | null;
        };
        /** @description A certificate between the server's own and the root. */
        LinkView: {
            issuer: string;
            /** @description RFC 3339. */
            not_after: string;
            subject: string;
        };
        /** @description A door of the server. */
        ListenerView: {
            /**
             * @description IP address and port; an unspecified address is all of the machine's.
             * @example [::]:1935
             */
            address: string;
            /** @example rtmp */
            protocol: string;
        };
        /** @description Where somebody is logged in. */
        LoginView: {
            /** @description Last used from there. */
            address: string;
            /** @description What the browser calls itself. */
            agent: string;
            /** @description The one that this request belongs to. */
            current: boolean;
            id: string;
            /** @description Since when, RFC 3339. */
            since: string;
            /** @description Last used about then. */
            used: string;
            /** @description Whose it is. */
            user: string;
        };
        /** @description A line of the log. */
        LogLineView: {
            /** @description When, RFC 3339, to the millisecond. */
            at: string;
            /** @description What the line is about: `stream`, `peer` and others. */
            fields: Record<string, never>;
            /** @description `error`, `warn`, `info`, `debug` or `trace`. */
            level: string;
            message: string;
            /**
             * Format: int64
             * @description Counts up from 1, since the server was started.
             */
            number: number;
            /**
             * @description The part of the program.
             * @example hub::events
             */
            target: string;
        };
        /** @description The machine, or the container. */
        MachineView: {
            /**
             * Format: float
             * @description In percent of all cores.
             */
            cpu?: number | null;
            /** @description Cores that the server may use. */
            cpus: number;
            /**
             * Format: float
             * @description Bytes a second from and to its disks.
             */
            disk_read?: number | null;
            /** Format: float */
            disk_written?: number | null;
            /** @description Processes that run or want to, over 1, 5 and 15 minutes. */
            load?: number[] | null;
            /**
             * Format: int64
             * @description Bytes that programs could still have.
             */
            memory_available?: number | null;
            /**
             * Format: int64
             * @description Bytes that the container may use.
             */
            memory_limit?: number | null;
            /**
             * Format: int64
             * @description Bytes.
             */
            memory_total?: number | null;
            /**
             * Format: float
             * @description Bytes a second of its network.
             */
            net_received?: number | null;
            /** Format: float */
            net_sent?: number | null;
            sockets?: components["schemas"]["SocketsView"] | null;
            /**
             * Format: int64
             * @description Seconds since it started.
             */
            uptime?: number | null;
        };
        /** @description A token that was made just now. */
        MadeToken: components["schemas"]["TokenView"] & {
            /** @description To be sent as `Authorization: Bearer SECRET`. It is told this once. */
            secret: string;
        };
        /** @description A receiver with its secret, which is shown this once. */
        MadeWebhook: {
            /** @description By which the receiver knows that it is us. */
            secret: string;
            webhook: components["schemas"]["WebhookView"];
        };
        /**
         * Format: binary
         * @description A file, or a part of one.
         */
        Mp4: string;
        /** @description A rule to be made. Who is in a network that is denied is out; where there are networks that are allowed, everybody else is out too. */
        NewAddressRule: {
            /** @description What it is about. */
            actions: components["schemas"]["ActionView"][];
            effect: components["schemas"]["Effect"];
            /** @description Whose it is, or what for. */
            label: string;
            /** @description In CIDR notation, `192.0.2.0/24`, or one address. */
            network: string;
            /** @description `*`, `live/*`, `live/cam`, or `*\/cam`; without it, every stream. */
            streams?: string | null;
        };
        /** @description An alias to be made. */
        NewAlias: {
            app: string;
            /** @description Whose it is, or what for. */
            label: string;
            /** @description 8 to 128 letters, digits and other characters that a name can hold; without it, one of 16 is made. */
            name?: string | null;
            stream: string;
        };
        /** @description A certificate to be shown. */
        NewCertificate: {
            /** @description PEM: the server's own certificate first, then those between it and the root, as certbot's fullchain.pem. */
            certificate: string;
            /** @description PEM: the private key without a pass phrase. It is never told again here. */
            key: string;
        };
        /** @description A clip to be made of a recording. */
        NewClip: {
            /**
             * Format: double
             * @description Where it is to begin, in seconds from the beginning of the recording: it begins with the key frame before.
             */
            from: number;
            /** @description What it is to be called. */
            label: string;
            /**
             * Format: double
             * @description And to end.
             */
            to: number;
        };
        /** @description A second factor to be put in force. */
        NewFactor: {
            /** @description What the app shows now. */
            code: string;
            /** @description One's own. */
            password: string;
            /** @description As it was given. */
            secret: string;
        };
        /** @description Which streams are to ask for a pass, instead of those that do. */
        NewGuarded: {
            /** @description `*`, `live/*`, `live/cam`, or `*\/cam`. */
            guarded: string[];
        };
        /** @description Somebody to be invited. */
        NewInvite: {
            action: components["schemas"]["ActionView"];
            app: string;
            /**
             * Format: int64
             * @description Seconds until it ends.
             */
            expires_in: number;
            /** @description Who it is. */
            label: string;
            /** @description The only network that they may come from, in CIDR notation. */
            network?: string | null;
            stream: string;
        };
        /** @description A job to be made. */
        NewJob: {
            /**
             * @description Of GET /api/v2/jobs/kinds.
             * @example record
             */
            kind: string;
            /** @description What for. */
            label: string;
            /** @description As its kind has them; what is absent is as the kind says. */
            settings?: Record<string, never>;
            streams?: components["schemas"]["StreamsView"];
            /** @description Whether it is to run; it is, unless this says otherwise. */
            wanted?: boolean;
        };
        /** @description A key to be made. */
        NewKey: {
            /** @description The app it is for; without it, every app. */
            app?: string | null;
            /**
             * Format: int64
             * @description Seconds until it ends; without it, it holds until it is removed.
             */
            expires_in?: number | null;
            /** @description 8 to 128 letters, digits and other characters that an address can carry; without it, one is made. */
            key?: string | null;
            /** @description Whose it is, or what for. */
            label: string;
            /** @description The stream it is for; without it, every stream. */
            stream?: string | null;
        };
        /** @description A certificate to be ordered. */
        NewOrder: {
            /** @description The names that it is to be for: `live.example.com`. Up to 100. */
            domains: string[];
            /** @description Where the authority may write. */
            email?: string | null;
            /** @description For a trial: from the authority's staging directory, whose certificates browsers do not believe. */
            staging?: boolean;
            /** @description Ask the authority without looking first whether the names lead here. */
            unchecked?: boolean;
        };
        /** @description A pass to be signed. */
        NewPass: {
            action?: components["schemas"]["ActionView"] | null;
            /**
             * Format: int64
             * @description Seconds until it ends.
             */
            expires_in: number;
            /** @description The only network that it may be used from, in CIDR notation. */
            network?: string | null;
            /** @description `*`, `live/*`, `live/cam`, or `*\/cam`. */
            streams: string;
        };
        /** @description Another password for oneself. */
        NewPassword: {
            /** @description The one until now. */
            current: string;
            /** @description 8 to 256 characters. */
            password: string;
        };
        /** @description How a secret is rotated. */
        NewSecret: {
            /**
             * Format: int64
             * @description Seconds for which what is sent is signed with the one until now as well.
             */
            grace?: number;
            /** @description Without it, one is made. */
            secret?: string | null;
        };
        /** @description For whom a recording is to be shared. */
        NewShare: {
            /**
             * Format: int64
             * @description Seconds until the link expires.
             */
            expires_in: number;
            /** @description The only network that it may be used from, in CIDR notation. */
            network?: string | null;
        };
        /** @description A bucket of S3, or of a service that speaks as it does. */
        NewStorage: {
            /** @description Much of a recording goes there while it is made, so that it is there soon after its end. Not where the service wants parts of one size (R2). */
            ahead?: boolean;
            bucket: string;
            /**
             * @description The address of the service, without the bucket; empty for Amazon's.
             * @example https://s3.example.com
             */
            endpoint?: string;
            /** @description They stay on the disk as well. Without, a recording leaves the disk once it is there, which is looked at. */
            keeps?: boolean;
            /** @description The access key's name. */
            key_id: string;
            /** @description What objects are called; left out, `{app}/{stream}/{year}-{month}-{day}/{id}`. With `{app}`, `{stream}`, `{id}`, `{year}`, `{month}` and `{day}`; `.mp4` is appended. */
            names?: string | null;
            /** @description Addresses have the bucket in their path (MinIO), and not in front of the host. */
            path_style?: boolean;
            /** @description The region that requests are signed for; empty for `us-east-1`, which most take who are not Amazon. */
            region?: string;
            /** @description Its secret. It can be set and is never told; without it, it stays as it is. */
            secret?: string | null;
            /** @description Recordings go there when they are done: those that are from now on. */
            uploads: boolean;
        };
        /** @description Access for support that is to be given. */
        NewSupport: {
            /**
             * Format: int64
             * @description Seconds until it ends; without it, a day. From 60 to 604800.
             */
            expires_in?: number | null;
            /** @description Who is to have it. */
            label: string;
        };
        /** @description A token to be made. */
        NewToken: {
            /**
             * Format: int64
             * @description Seconds until it ends; without it, it holds until it is revoked.
             */
            expires_in?: number | null;
            /** @description What it is for. */
            label: string;
            /**
             * @description What it may be used for: any of one's own.
             * @example [
             *       "streams:read"
             *     ]
             */
            permissions: string[];
        };
        /** @description Another account. */
        NewUser: {
            /** @description To log in with: a to z, digits and `. _ @ -`. */
            name: string;
            /** @description 8 to 256 characters. */
            password: string;
            role: components["schemas"]["Role"];
        };
        /** @description A receiver to be made. */
        NewWebhook: {
            ask?: components["schemas"]["AskView"] | null;
            /**
             * Format: int32
             * @description 1 to 16; without it, 10.
             */
            attempts?: number | null;
            /**
             * @description Without it, everything.
             * @example [
             *       "on_publish",
             *       "on_unpublish"
             *     ]
             */
            events?: string[];
            /** @description Whose it is, or what for. */
            label: string;
            /** @description 8 to 128 letters, digits and other characters that an address can carry; without it, one is made. */
            secret?: string | null;
            /** @description `*`, `live/*`, `live/cam`, or `*\/cam`; without it, every stream. */
            streams?: string[];
            /**
             * Format: int64
             * @description 1 to 60; without it, 10.
             */
            timeout?: number | null;
            /** @description `https://host/path`, or `http://`; without a name or password. */
            url: string;
            /** @description Without it, somebody has to vouch for its certificate. */
            verify_tls?: boolean | null;
        };
        /** @description What was ordered. */
        OrderView: {
            domains: string[];
            email?: string | null;
            /** @description When it is ordered again, RFC 3339. */
            renewal?: string | null;
            staging: boolean;
        };
        /**
         * @description What holds without an answer.
         * @enum {string}
         */
        OtherwiseView: "refuse" | "allow";
        /** @description One way to watch a stream. */
        OutputView: {
            content_type: string;
            /**
             * @description `whep`, `ll-hls`, `hls`, `flv`, `ts`, `aac`, `mp3`; over WebSocket `ws-flv`, `ws-ts`.
             * @example flv
             */
            name: string;
            /**
             * @description On this server's HTTP port.
             * @example /live/livestream.flv
             */
            path: string;
        };
        /** @description Part of a list. */
        Page_AddressRuleView: {
            /** @description In a stable order. */
            items: {
                /** @description What the rule is about. */
                actions: components["schemas"]["ActionView"][];
                /** @description Since when, RFC 3339. */
                created: string;
                effect: components["schemas"]["Effect"];
                id: string;
                /** @description Whose it is, or what for. */
                label: string;
                /** @description In CIDR notation: `192.0.2.0/24`. */
                network: string;
                /** @description `*`, `live/*`, `live/cam`, or `*\/cam`. */
                streams: string;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_AliasView: {
            /** @description In a stable order. */
            items: {
                /** @description The app of the stream that comes of it. */
                app: string;
                /** @description Since when, RFC 3339. */
                created: string;
                /** @description It lets nobody in for now. */
                disabled: boolean;
                id: string;
                /** @description Whose it is, or what for. */
                label: string;
                /** @description The stream name that the device publishes, in any app. It is a secret. */
                name: string;
                /** @description That stream's name. */
                stream: string;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_DeedView: {
            /** @description In a stable order. */
            items: {
                /** @example DELETE /api/v2/users/{name} */
                action: string;
                /** @description From where; absent on the machine itself. */
                address?: string | null;
                /** @description When, RFC 3339. */
                at: string;
                /**
                 * Format: int64
                 * @description Counts up, also over restarts.
                 */
                number: number;
                /**
                 * Format: int32
                 * @description How it ended: an HTTP status.
                 */
                status: number;
                /** @example /api/v2/users/bob */
                subject: string;
                /** @description The account; absent for somebody unknown. */
                who?: string | null;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_DeliveryView: {
            /** @description In a stable order. */
            items: {
                /** @description The first 2,048 bytes of the answer's body. Absent for who may not see webhooks. */
                answer?: string | null;
                /** @description The app of the stream that it is about. */
                app?: string | null;
                /** @description When it was tried last, RFC 3339, to the millisecond. */
                at: string;
                /**
                 * Format: int32
                 * @description How often it was tried.
                 */
                attempts: number;
                /** @description Why it was sent: `ask`, `tell`, `test`, `replay`. */
                cause: string;
                /** @description What went wrong. */
                error?: string | null;
                /** @description `on_publish` and others, or `test`. */
                event: string;
                /** @description Of the event: the same when it is sent again. */
                id: string;
                /** @description When it is tried again, RFC 3339. */
                next_try?: string | null;
                /**
                 * Format: int64
                 * @description Counts up from 1 over all receivers, since the server was started.
                 */
                number: number;
                /**
                 * Format: int64
                 * @description The delivery that was sent again.
                 */
                replay_of?: number | null;
                /** @description The body that was sent. Where it was asked, with the secrets of the publisher's address. Absent for who may not see webhooks. */
                request?: string | null;
                /** @description `waiting` (no answer for two seconds and more); `delivered`; `refused` (it was asked and said no); `retrying`; `failed`. */
                state: string;
                /**
                 * Format: int32
                 * @description The status of the answer, if there was one.
                 */
                status?: number | null;
                /** @description The stream's name. */
                stream?: string | null;
                /**
                 * Format: int64
                 * @description Milliseconds that this took.
                 */
                took: number;
                /** @description The receiver. */
                webhook: string;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_InviteView: {
            /** @description In a stable order. */
            items: {
                action: components["schemas"]["ActionView"];
                app: string;
                /** @description Since when, RFC 3339. */
                created: string;
                /** @description Until when, RFC 3339. */
                expires: string;
                id: string;
                /** @description Who it is. */
                label: string;
                /** @description The only network that they may come from. */
                network?: string | null;
                stream: string;
                /** @description What lets them in, as `?token=` of the stream's address. It is a secret. */
                token: string;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_JobKindView: {
            /** @description In a stable order. */
            items: {
                /** @description Runs at a time; who comes later waits. */
                most: number;
                /** @description What that is where nobody has set it. */
                most_by_default: number;
                /** @example record */
                name: string;
                /** @description What a job's `settings` are, as JSON Schema (2020-12). */
                settings: Record<string, never>;
                /** @description It has a run for each live stream that a job of it names; else a job has one, and names none. */
                streams: boolean;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_JobLineView: {
            /** @description In a stable order. */
            items: {
                /** @description RFC 3339, to the millisecond. */
                at: string;
                /** @description `good`; `doubt` where something was lost or did not work, and it goes on; `bad` where it does not by itself. */
                mood: string;
                /** @description The stream that it is about. */
                stream?: string | null;
                text: string;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_JobView: {
            /** @description In a stable order. */
            items: {
                /** @description Since when, RFC 3339. */
                created: string;
                id: string;
                /** @example record */
                kind: string;
                /** @description What for. */
                label: string;
                /** @description Why it cannot run at all. */
                problem?: string | null;
                runs: components["schemas"]["RunView"][];
                /** @description As its kind has them. */
                settings: Record<string, never>;
                streams: components["schemas"]["StreamsView"];
                /** @description It is to run. */
                wanted: boolean;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_LoginView: {
            /** @description In a stable order. */
            items: {
                /** @description Last used from there. */
                address: string;
                /** @description What the browser calls itself. */
                agent: string;
                /** @description The one that this request belongs to. */
                current: boolean;
                id: string;
                /** @description Since when, RFC 3339. */
                since: string;
                /** @description Last used about then. */
                used: string;
                /** @description Whose it is. */
                user: string;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_LogLineView: {
            /** @description In a stable order. */
            items: {
                /** @description When, RFC 3339, to the millisecond. */
                at: string;
                /** @description What the line is about: `stream`, `peer` and others. */
                fields: Record<string, never>;
                /** @description `error`, `warn`, `info`, `debug` or `trace`. */
                level: string;
                message: string;
                /**
                 * Format: int64
                 * @description Counts up from 1, since the server was started.
                 */
                number: number;
                /**
                 * @description The part of the program.
                 * @example hub::events
                 */
                target: string;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_PastStreamView: {
            /** @description In a stable order. */
            items: {
                /** @description What it called itself. */
                agent: string;
                /**
                 * Format: int64
                 * @description Payload bytes that came from it.
                 */
                bytes: number;
                /**
                 * @description `app/name`; in a path, with its slashes as `%2F`.
                 * @example live/livestream
                 */
                id: string;
                /**
                 * @description What it spoke.
                 * @example rtmp
                 */
                protocol: string;
                /** @description When its last publisher came, RFC 3339. */
                since: string;
                /** @description When it left, RFC 3339. */
                until: string;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_PlayerView: {
            /** @description In a stable order. */
            items: {
                /** @description `publish` or `play`. */
                action: string;
                /** @description IP address and port. */
                address: string;
                /** @description What it calls itself. */
                agent: string;
                /**
                 * Format: int64
                 * @description Payload bytes received of a publisher, bytes sent to a viewer.
                 */
                bytes: number;
                /**
                 * Format: int64
                 * @description Seconds.
                 */
                duration: number;
                /** Format: int64 */
                frames: number;
                /** Format: int64 */
                id: number;
                /**
                 * Format: double
                 * @description How unevenly packets arrive, in milliseconds. Of WebRTC only.
                 */
                jitter_ms?: number | null;
                /**
                 * Format: double
                 * @description The share of packets that did not arrive lately, 0 to 1, of the track that loses most. Of WebRTC only.
                 */
                loss?: number | null;
                /** @example rtmp */
                protocol: string;
                /**
                 * Format: double
                 * @description Milliseconds there and back. Of WebRTC only, once it is measured.
                 */
                rtt_ms?: number | null;
                /** @description Since when, RFC 3339. */
                since: string;
                /**
                 * Format: int64
                 * @description What a viewer that was too slow had to pass over.
                 */
                skipped: number;
                /** @description The stream: `app/name`. */
                stream: string;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_RecordingView: {
            /** @description In a stable order. */
            items: {
                app: string;
                /**
                 * Format: int64
                 * @description Bytes of all its files.
                 */
                bytes: number;
                /** @description The recording that it is a clip of, which may be gone. */
                clip_of?: string | null;
                /** @description When it ended. */
                ended?: string | null;
                /** @description In their order. */
                files: components["schemas"]["RecordingFileView"][];
                /** @description Where something is missing. */
                gaps: components["schemas"]["GapView"][];
                /** @description It can be had as HLS, and clips can be made of it. Else it can be had file by file: it is elsewhere only, and where to seek in it is not known here. */
                hls: boolean;
                /** @description A UUID; also the name of its folder. */
                id: string;
                /** @description The job that made it, which may be gone. */
                job: string;
                /** @description What it is called. */
                label: string;
                /** @description It has a picture: GET /api/v2/recordings/{id}/picture. */
                picture: boolean;
                /**
                 * Format: float
                 * @description While its files are put into one piece each: how much of the present one is done, from 0 to 1.
                 */
                progress?: number | null;
                /**
                 * Format: double
                 * @description How long all its files play, in seconds.
                 */
                seconds: number;
                /** @description When it began, RFC 3339. */
                started: string;
                state: components["schemas"]["RecordingState"];
                stream: string;
                /** @description Why that does not go on. The files can be played as they are. */
                trouble?: string | null;
                upload?: components["schemas"]["UploadView"] | null;
                /** @description Why it ended, in words. */
                why?: string | null;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_StreamView: {
            /** @description In a stable order. */
            items: {
                app: string;
                /** @description Sound that viewers want in another codec than the publisher's, and that the server makes. */
                derivations?: components["schemas"]["DerivationView"][];
                /**
                 * @description `app/name`; in a path, with its slashes as `%2F`.
                 * @example live/livestream
                 */
                id: string;
                /** @description Whether a viewer that comes now sees a picture at once. */
                joinable: boolean;
                /** @description Bytes of media held in memory. */
                memory: number;
                name: string;
                /**
                 * @description The stream that this is a rendition of: the same in another size, which begins and ends with it.
                 * @example live/livestream
                 */
                parent?: string | null;
                publisher?: components["schemas"]["PlayerView"] | null;
                state: components["schemas"]["StreamState"];
                tracks: components["schemas"]["TrackView"][];
                /** @description Viewers by protocol. */
                viewers: {
                    [key: string]: number;
                };
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_TokenView: {
            /** @description In a stable order. */
            items: {
                /** @description Last used from there. */
                address?: string | null;
                /** @description Since when, RFC 3339. */
                created: string;
                /** @description Until when; absent: until it is revoked. */
                expires?: string | null;
                id: string;
                label: string;
                permissions: string[];
                /** @description Last used about then; absent: never. */
                used?: string | null;
                /** @description In whose name. */
                user: string;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_UserView: {
            /** @description In a stable order. */
            items: {
                /** @description Since when, RFC 3339. */
                created: string;
                name: string;
                role: components["schemas"]["Role"];
                /** @description Whether they log in with a code as well. */
                second_factor: boolean;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Part of a list. */
        Page_WebhookView: {
            /** @description In a stable order. */
            items: {
                ask?: components["schemas"]["AskView"] | null;
                /**
                 * Format: int32
                 * @description How often it is tried to tell it one event.
                 */
                attempts: number;
                /** @description Since when, RFC 3339. */
                created: string;
                /** @description How it is spoken to: `sluice`, signed; or `oryx`, as Oryx does. */
                dialect: string;
                /** @description It is neither asked nor told for now. */
                disabled: boolean;
                /** @description What it is told of: `on_publish`, `on_unpublish`, `on_play`, `on_stop`, `on_record_begin`, `on_record_end`; empty: everything. */
                events: string[];
                health?: components["schemas"]["HealthView"] | null;
                /** @description `oryx` is that of scripts for Oryx. */
                id: string;
                /** @description Whose it is, or what for. */
                label: string;
                /** @description Until when what is sent is signed with the secret before as well, RFC 3339. */
                previous_until?: string | null;
                /** @description The streams that it is told of: `*`, `live/*`, `live/cam`, or `*\/cam`; empty: all. */
                streams: string[];
                /**
                 * Format: int64
                 * @description Seconds that one try to tell it may take.
                 */
                timeout: number;
                /** @description Where it is, without the name and password that scripts for Oryx may have put there. */
                url: string;
                /** @description Somebody has to vouch for its certificate. */
                verify_tls: boolean;
            }[];
            /** @description Hand it in as `after` to get the next part; absent in the last one. */
            next?: string | null;
        };
        /** @description Which streams cannot be watched without a pass, and what signs passes. */
        PassesView: {
            /** @description The streams that ask for a pass: `*`, `live/*`, `live/cam`, or `*\/cam`. */
            guarded: string[];
            /** @description Until when passes signed with the key before hold, RFC 3339. */
            previous_until?: string | null;
            /**
             * @description Signs passes, which are JSON Web Tokens (HS256); the bytes of this text are the key. It is a secret: whoever has it can
             *     let anybody publish and watch.
             */
            signing_key: string;
        };
        /** @description A pass. It cannot be taken back, but with all others by another signing key. */
        PassView: {
            /** @description Until when, RFC 3339. */
            expires: string;
            /** @description To be sent as `?token=` of the stream's address. */
            token: string;
        };
        /** @description A stream that was live, and who published it last. */
        PastStreamView: {
            /** @description What it called itself. */
            agent: string;
            /**
             * Format: int64
             * @description Payload bytes that came from it.
             */
            bytes: number;
            /**
             * @description `app/name`; in a path, with its slashes as `%2F`.
             * @example live/livestream
             */
            id: string;
            /**
             * @description What it spoke.
             * @example rtmp
             */
            protocol: string;
            /** @description When its last publisher came, RFC 3339. */
            since: string;
            /** @description When it left, RFC 3339. */
            until: string;
        };
        /** @description A publisher or a viewer. */
        PlayerView: {
            /** @description `publish` or `play`. */
            action: string;
            /** @description IP address and port. */
            address: string;
            /** @description What it calls itself. */
            agent: string;
            /**
             * Format: int64
             * @description Payload bytes received of a publisher, bytes sent to a viewer.
             */
            bytes: number;
            /**
             * Format: int64
             * @description Seconds.
             */
            duration: number;
            /** Format: int64 */
            frames: number;
            /** Format: int64 */
            id: number;
            /**
             * Format: double
             * @description How unevenly packets arrive, in milliseconds. Of WebRTC only.
             */
            jitter_ms?: number | null;
            /**
             * Format: double
             * @description The share of packets that did not arrive lately, 0 to 1, of the track that loses most. Of WebRTC only.
             */
            loss?: number | null;
            /** @example rtmp */
            protocol: string;
            /**
             * Format: double
             * @description Milliseconds there and back. Of WebRTC only, once it is measured.
             */
            rtt_ms?: number | null;
            /** @description Since when, RFC 3339. */
            since: string;
            /**
             * Format: int64
             * @description What a viewer that was too slow had to pass over.
             */
            skipped: number;
            /** @description The stream: `app/name`. */
            stream: string;
        };
        /** @description Small pictures of a file, side by side in one JPEG. */
        PreviewsView: {
            /**
             * Format: int32
             * @description How many stand side by side; then the next row begins.
             */
            columns: number;
            /** Format: int32 */
            height: number;
            /** @description What each shows, in seconds from the beginning of the file. */
            times: number[];
            /**
             * Format: int32
             * @description Of each, in pixels.
             */
            width: number;
        };
        /** @description One listener of the server. */
        ProbedView: {
            /** @description As in GET /api/v2/system. */
            address: string;
            /** @description At the addresses of the host. */
            host: components["schemas"]["AttemptView"][];
            /** @description From the machine to itself. */
            own: components["schemas"]["AttemptView"][];
            /** @example rtmp */
            protocol: string;
        };
        /** @description What is to be tried. */
        ProbePorts: {
            /**
             * @description The name or IP address by which others are to reach the server; without it, the machine's own addresses alone are tried.
             * @example live.example.com
             */
            host?: string | null;
            /** @description The setup token, while nobody has an account. */
            token?: string | null;
        };
        /** @description What was found. */
        ProbeView: {
            host?: components["schemas"]["HostView"] | null;
            /** @description What the server listens on. */
            listeners: components["schemas"]["ProbedView"][];
        };
        /** @description An answer that is an error. `code` is stable; the words are for people and may change. */
        Problem: {
            /** @description What went wrong, for programs. */
            code: string;
            /** @description The case at hand. */
            detail?: string | null;
            /** @description Which fields of the request are wrong, and why. */
            errors?: components["schemas"]["FieldError"][];
            /**
             * Format: int64
             * @description Seconds until it is worth trying again.
             */
            retry_after?: number | null;
            /**
             * Format: int32
             * @description The same as the response's.
             */
            status: number;
            /** @description The same for people, whatever the case at hand. */
            title: string;
        };
        /** @description The program. */
        ProcessView: {
            /**
             * Format: float
             * @description In percent of one core.
             */
            cpu?: number | null;
            /** Format: int32 */
            id: number;
            /**
             * Format: int64
             * @description And may have.
             */
            max_open_files?: number | null;
            /**
             * Format: int64
             * @description Bytes of memory that it has.
             */
            memory?: number | null;
            /**
             * Format: int64
             * @description Files and sockets that it has open.
             */
            open_files?: number | null;
        };
        /** @description What whoever may watch a recording may know of it. */
        PublicRecordingView: {
            /**
             * Format: int64
             * @description Bytes of all its files.
             */
            bytes: number;
            /** @description Until when the pass holds that was brought, RFC 3339. */
            expires?: string | null;
            /** @description In their order. */
            files: components["schemas"]["RecordingFileView"][];
            /** @description It can be had as HLS; else file by file: it is in object storage only, and where to seek in it is not known here. */
            hls: boolean;
            /** @description What it is called; absent where that is a secret. */
            label?: string | null;
            /** @description It has a picture: GET /api/v2/recordings/{id}/picture. */
            picture: boolean;
            /**
             * Format: double
             * @description How long all its files play, in seconds.
             */
            seconds: number;
            /** @description When it began, RFC 3339. */
            started: string;
            state: components["schemas"]["RecordingState"];
        };
        /** @description What somebody without an account may know of a stream whose name they know. */
        PublicStreamView: {
            /** @description Not everybody may watch it. What follows is told to those who may. */
            guarded: boolean;
            /** Format: int32 */
            height?: number | null;
            /** @description Whether frames are coming. What follows is there only then. */
            live: boolean;
            /** @description Where it can be watched. */
            outputs?: components["schemas"]["OutputView"][];
            /** @description Since when, RFC 3339. */
            since?: string | null;
            /**
             * Format: int64
             * @description Seconds that one can go back now: `/{app}/{name}.m3u8?timeshift=…`, with the seconds before the present where a player is to begin.
             */
            timeshift?: number | null;
            /** @description Of each track. */
            tracks?: components["schemas"]["PublicTrackView"][];
            /** @description About so many; by every protocol. */
            viewers: number;
            /**
             * Format: int32
             * @description Of the video, in pixels.
             */
            width?: number | null;
        };
        /** @description A track of a stream. */
        PublicTrackView: {
            /** @example h264 */
            codec: string;
            /** @description `video` or `audio`. */
            kind: string;
            /**
             * @description As browsers write it (RFC 6381).
             * @example avc1.64001f
             */
            parameters?: string | null;
        };
        /** @description A part of the history, as columns. */
        RangeView: {
            /**
             * @description By name, a value for each time; null where nothing is known.
             * @example {
             *       "viewers": [
             *         3,
             *         4,
             *         null
             *       ]
             *     }
             */
            series: {
                [key: string]: (number | null)[];
            };
            /**
             * Format: int64
             * @description Seconds between two values.
             */
            step: number;
            /** @description When each value begins, in seconds of Unix time; it holds for `step` seconds. */
            times: number[];
        };
        /** @description A file of a recording: MP4. */
        RecordingFileView: {
            /** @description What it is on the disk as well, beside the MP4. */
            also?: components["schemas"]["RecordingFormView"][];
            /** Format: int64 */
            bytes: number;
            /**
             * @example [
             *       "h264",
             *       "aac"
             *     ]
             */
            codecs: string[];
            /** @description `damaged` (part of what was written cannot be read: it is without that) or `unreadable` (not even its beginning can). */
            fault?: string | null;
            /** @description It is in one piece, with its index first. */
            finished: boolean;
            /**
             * @description What it can be had as: `mp4`, and `ts` and `flv` where those have a place for its codecs.
             * @example [
             *       "mp4",
             *       "ts",
             *       "flv"
             *     ]
             */
            formats: string[];
            /** @description From 1: GET /api/v2/recordings/{id}/files/{number}. */
            number: number;
            /** Format: double */
            seconds: number;
            /** @description When it began, RFC 3339. */
            started: string;
            /** @description In the order of `codecs`; of files that older versions recorded nothing else is known. */
            tracks: components["schemas"]["RecordingTrackView"][];
        };
        /** @description A file in another container. */
        RecordingFormView: {
            /** Format: int64 */
            bytes: number;
            /** @example ts */
            format: string;
        };
        /** @enum {string} */
        RecordingState: "recording" | "finishing" | "finished";
        /** @description A track of a file. */
        RecordingTrackView: {
            /**
             * Format: double
             * @description Bits a second, on average.
             */
            bitrate?: number | null;
            /** Format: int32 */
            channels?: number | null;
            /** @example h264 */
            codec: string;
            /**
             * Format: double
             * @description Of video: frames a second, on average.
             */
            fps?: number | null;
            /** Format: int32 */
            height?: number | null;
            /** @description `video` or `audio`. */
            kind?: string;
            /**
             * @description As browsers write it (RFC 6381).
             * @example avc1.64001f
             */
            parameters?: string | null;
            /** @example High */
            profile?: string | null;
            /**
             * Format: int32
             * @description Of audio, in Hz.
             */
            sample_rate?: number | null;
            /**
             * Format: int32
             * @description Of video, in pixels.
             */
            width?: number | null;
        };
        /** @description A recording. */
        RecordingView: {
            app: string;
            /**
             * Format: int64
             * @description Bytes of all its files.
             */
            bytes: number;
            /** @description The recording that it is a clip of, which may be gone. */
            clip_of?: string | null;
            /** @description When it ended. */
            ended?: string | null;
            /** @description In their order. */
            files: components["schemas"]["RecordingFileView"][];
            /** @description Where something is missing. */
            gaps: components["schemas"]["GapView"][];
            /** @description It can be had as HLS, and clips can be made of it. Else it can be had file by file: it is elsewhere only, and where to seek in it is not known here. */
            hls: boolean;
            /** @description A UUID; also the name of its folder. */
            id: string;
            /** @description The job that made it, which may be gone. */
            job: string;
            /** @description What it is called. */
            label: string;
            /** @description It has a picture: GET /api/v2/recordings/{id}/picture. */
            picture: boolean;
            /**
             * Format: float
             * @description While its files are put into one piece each: how much of the present one is done, from 0 to 1.
             */
            progress?: number | null;
            /**
             * Format: double
             * @description How long all its files play, in seconds.
             */
            seconds: number;
            /** @description When it began, RFC 3339. */
            started: string;
            state: components["schemas"]["RecordingState"];
            stream: string;
            /** @description Why that does not go on. The files can be played as they are. */
            trouble?: string | null;
            upload?: components["schemas"]["UploadView"] | null;
            /** @description Why it ended, in words. */
            why?: string | null;
        };
        /** @description Whether a stream is to be recorded. */
        RecordSwitch: {
            wanted: boolean;
        };
        /**
         * @description What somebody may do, from little to all.
         * @enum {string}
         */
        Role: "viewer" | "operator" | "admin";
        /** @description How a key is rotated. */
        Rotation: {
            /**
             * Format: int64
             * @description Seconds for which the key until now holds too.
             */
            grace?: number;
        };
        /** @description A run of a job. */
        RunView: {
            /** @description Why the last try failed. */
            error?: string | null;
            /**
             * Format: int32
             * @description How many tries have failed one after the other.
             */
            failed: number;
            /**
             * Format: float
             * @description How much is done, from 0 to 1.
             */
            progress?: number | null;
            /** @description Since when, RFC 3339. */
            since: string;
            /** @description `queued`, `running`, `stopping`, `resting` (it failed and is tried again), `failed` (and is not) or `finished`. */
            state: string;
            /** @description The stream that it is for: `app/name`. */
            stream?: string | null;
            /** @description What it does or waits for. */
            words: string;
        };
        /** @description The login that a request belongs to. */
        SessionView: {
            /** @description To be repeated in the header `x-csrf-token` of every request that changes something; a token needs none. */
            csrf?: string | null;
            /** @description What they may do: `streams:read` and others. */
            permissions: string[];
            user: components["schemas"]["UserView"];
        };
        /** @description All settings, as they are set. */
        SettingsDocument: {
            /** @default {} */
            ai?: components["schemas"]["AiDocument"];
            /** @default {} */
            hls?: components["schemas"]["HlsDocument"];
            /** @default {} */
            pages?: {
                [key: string]: string;
            };
            /**
             * @default {
             *       "cameras": 5000,
             *       "files": 5000
             *     }
             */
            source_limits?: components["schemas"]["SourceLimitsDocument"];
        };
        /** @description All settings, and what comes of them. */
        SettingsView: {
            ai: components["schemas"]["AiView"];
            hls: components["schemas"]["HlsView"];
            /** @description Texts of the pages: `title`, `icp` (the footer), and others. */
            pages: {
                [key: string]: string;
            };
            source_limits: components["schemas"]["SourceLimitsDocument"];
        };
        /** @description The first account. */
        SetUp: {
            /**
             * @description To log in with.
             * @example admin
             */
            name: string;
            /** @description 8 to 256 characters. */
            password: string;
            /** @description From the address that the server prints when it starts. */
            token: string;
        };
        /** @description Whether somebody has to set the server up. */
        SetupView: {
            /** @description Nobody has an account: POST here makes the first. */
            required: boolean;
            /** @description The server's version. */
            version: string;
        };
        /** @description A link to a recording. */
        ShareView: {
            /** @description Until when, RFC 3339. */
            expires: string;
            /** @description To be sent as `?pass=` of the recording's playlist, segments, files and picture. It is a secret. */
            pass: string;
            /**
             * @description The page that plays it, on this server's HTTP port.
             * @example /watch/recordings/0b5c7e3a-8f0e-4b57-9a52-1f1c1d1e7a90?pass=eyJ0…
             */
            path: string;
        };
        /** @description Sockets of all programs. */
        SocketsView: {
            /**
             * Format: int64
             * @description Of those, connections.
             */
            established: number;
            /** Format: int64 */
            tcp: number;
            /**
             * Format: int64
             * @description Connections that are over, and linger.
             */
            time_wait: number;
            /** Format: int64 */
            udp: number;
        };
        /** @description The highest bit rates that sources may have, in kbit/s. */
        SourceLimitsDocument: {
            /**
             * Format: int64
             * @description Of IP cameras.
             * @default 5000
             */
            cameras?: number;
            /**
             * Format: int64
             * @description Of files that are played as live streams.
             * @default 5000
             */
            files?: number;
        };
        /**
         * @description Where the certificate in service comes from.
         * @enum {string}
         */
        SourceView: "none" | "self_signed" | "files" | "uploaded" | "acme";
        /** @description What the disk has for recordings, in bytes. */
        SpaceView: {
            /**
             * Format: int64
             * @description What it has left.
             */
            free: number;
            /**
             * Format: double
             * @description Seconds until recordings have to end for want of room, if it goes on like that. Absent where nothing is recorded, and where the eldest are
             *     removed in time.
             */
            lasts?: number | null;
            /**
             * Format: double
             * @description What was recorded in a second, during the last minute.
             */
            rate: number;
            /**
             * Format: int64
             * @description What of that is to stay free: recordings end before.
             */
            reserve: number;
            /**
             * Format: int64
             * @description The disk.
             */
            size: number;
            /**
             * Format: int64
             * @description What recordings take.
             */
            taken: number;
        };
        /** @description One thing that has happened. */
        StepView: {
            /** @description RFC 3339, with milliseconds. */
            at: string;
            /** @description `info`, `good`, `doubt` or `bad`. */
            mood: string;
            /**
             * Format: int64
             * @description Counts up from the start of the server.
             */
            number: number;
            text: string;
        };
        /** @description Whether a bucket does what is needed of it. */
        StorageTest: {
            /** @description What it did not do: `write`, `read` or `remove`. */
            failed?: string | null;
            /** @description Why, in the words of the bucket if it had some. */
            reason?: string | null;
            works: boolean;
        };
        /** @description A bucket, without the secret. */
        StorageView: {
            ahead: boolean;
            bucket: string;
            endpoint: string;
            keeps: boolean;
            key_id: string;
            names: string;
            path_style: boolean;
            region: string;
            /** @description A secret is set. */
            secret_set: boolean;
            uploads: boolean;
        };
        /** @enum {string} */
        StreamState: "live" | "dropped" | "ended" | "waiting";
        /** @description Streams by patterns of `app/name`: `*` is any part of one segment, `?` one character, `[a-z]` one of those. */
        StreamsView: {
            /**
             * @description and none of these.
             * @default []
             * @example [
             *       "live/private-*"
             *     ]
             */
            except?: string[];
            /**
             * @description Those that one of these matches,
             * @default []
             * @example [
             *       "live/*"
             *     ]
             */
            only?: string[];
        };
        /** @description A stream that is published, or waited for. */
        StreamView: {
            app: string;
            /** @description Sound that viewers want in another codec than the publisher's, and that the server makes. */
            derivations?: components["schemas"]["DerivationView"][];
            /**
             * @description `app/name`; in a path, with its slashes as `%2F`.
             * @example live/livestream
             */
            id: string;
            /** @description Whether a viewer that comes now sees a picture at once. */
            joinable: boolean;
            /** @description Bytes of media held in memory. */
            memory: number;
            name: string;
            /**
             * @description The stream that this is a rendition of: the same in another size, which begins and ends with it.
             * @example live/livestream
             */
            parent?: string | null;
            publisher?: components["schemas"]["PlayerView"] | null;
            state: components["schemas"]["StreamState"];
            tracks: components["schemas"]["TrackView"][];
            /** @description Viewers by protocol. */
            viewers: {
                [key: string]: number;
            };
        };
        /** @description The state of the server. What the system does not tell is absent. */
        SystemView: {
            disk?: components["schemas"]["DiskView"] | null;
            /** @description What the machine calls itself. */
            hostname: string;
            /** @description What the server listens on. */
            listeners: components["schemas"]["ListenerView"][];
            machine: components["schemas"]["MachineView"];
            /** @description Bytes of media held in memory, of all streams. */
            memory: number;
            /** @description Its clock, RFC 3339. */
            now: string;
            process: components["schemas"]["ProcessView"];
            /** @description Streams that somebody publishes. */
            publishers: number;
            /**
             * Format: float
             * @description Bytes a second of media in the last second: from publishers.
             */
            received?: number | null;
            /**
             * Format: float
             * @description To viewers.
             */
            sent?: number | null;
            /** @description When it started, RFC 3339. */
            started: string;
            /** @description Streams that are published, or in their grace. */
            streams: number;
            /**
             * Format: int64
             * @description Seconds since it started.
             */
            uptime: number;
            /** @description The server's version. */
            version: string;
            viewers: number;
            /** @description What an operator should look after. */
            warnings: components["schemas"]["WarningView"][];
        };
        /** @description A token, without its secret. */
        TokenView: {
            /** @description Last used from there. */
            address?: string | null;
            /** @description Since when, RFC 3339. */
            created: string;
            /** @description Until when; absent: until it is revoked. */
            expires?: string | null;
            id: string;
            label: string;
            permissions: string[];
            /** @description Last used about then; absent: never. */
            used?: string | null;
            /** @description In whose name. */
            user: string;
        };
        /** @description A track of a stream. */
        TrackView: {
            /**
             * Format: double
             * @description Bits a second, lately.
             */
            bitrate: number;
            /** Format: int32 */
            channels?: number | null;
            /** @example h264 */
            codec: string;
            /** @description The server makes it from another track, because viewers want another codec than the publisher's. */
            derived: boolean;
            /**
             * Format: int32
             * @description The track that it is made from.
             */
            derived_from?: number | null;
            /**
             * Format: int64
             * @description Gaps in the source.
             */
            discontinuities: number;
            /**
             * Format: double
             * @description Frames a second, lately.
             */
            fps: number;
            /** Format: int64 */
            frames: number;
            /**
             * Format: double
             * @description Seconds between the last two key frames.
             */
            gop?: number | null;
            /** Format: int32 */
            height?: number | null;
            /** Format: int32 */
            id: number;
            /** @description `video`, `audio` or `data`. */
            kind: string;
            /**
             * @description As browsers write it (RFC 6381).
             * @example avc1.64001f
             */
            parameters?: string | null;
            /**
             * @description Of video: `disposable` when some pictures come later than they are shown (B-frames) and no other needs them, so WebRTC viewers are sent
             *     the rest; `needed` when others do, so WebRTC viewers are refused until B-frames are switched off in the encoder. Absent when all is in order.
             */
            reordering?: string | null;
            /**
             * Format: int32
             * @description Of audio, in Hz.
             */
            sample_rate?: number | null;
            /**
             * Format: int32
             * @description Of video, in pixels.
             */
            width?: number | null;
        };
        /** @enum {string} */
        UploadState: "waiting" | "sending" | "there";
        /** @description Whether a recording is to go into object storage. */
        UploadSwitch: {
            wanted: boolean;
        };
        /** @description A recording on its way into object storage, or there. */
        UploadView: {
            /** @description It is not on the disk any more. */
            away: boolean;
            /** @description Where it is: the bucket and its service. */
            bucket?: string | null;
            /**
             * Format: float
             * @description While it is sent: how much has arrived, from 0 to 1.
             */
            done?: number | null;
            /** @description What its files are called there, in their order. */
            objects?: string[];
            state: components["schemas"]["UploadState"];
            /** @description While it waits: why it did not get there the last time. It is tried again, for as long as it takes. */
            trouble?: string | null;
        };
        /** @description Somebody with an account. */
        UserView: {
            /** @description Since when, RFC 3339. */
            created: string;
            name: string;
            role: components["schemas"]["Role"];
            /** @description Whether they log in with a code as well. */
            second_factor: boolean;
        };
        /** @description Something that an operator should look after. */
        WarningView: {
            /** @description For programs: `disk_nearly_full`, `memory_nearly_full`, `few_open_files`, `open_files_nearly_used`, `clock_set`, `clock_wrong`. */
            code: string;
            /** @description For people. */
            text: string;
        };
        /** @description A receiver of events. */
        WebhookView: {
            ask?: components["schemas"]["AskView"] | null;
            /**
             * Format: int32
             * @description How often it is tried to tell it one event.
             */
            attempts: number;
            /** @description Since when, RFC 3339. */
            created: string;
            /** @description How it is spoken to: `sluice`, signed; or `oryx`, as Oryx does. */
            dialect: string;
            /** @description It is neither asked nor told for now. */
            disabled: boolean;
            /** @description What it is told of: `on_publish`, `on_unpublish`, `on_play`, `on_stop`, `on_record_begin`, `on_record_end`; empty: everything. */
            events: string[];
            health?: components["schemas"]["HealthView"] | null;
            /** @description `oryx` is that of scripts for Oryx. */
            id: string;
            /** @description Whose it is, or what for. */
            label: string;
            /** @description Until when what is sent is signed with the secret before as well, RFC 3339. */
            previous_until?: string | null;
            /** @description The streams that it is told of: `*`, `live/*`, `live/cam`, or `*\/cam`; empty: all. */
            streams: string[];
            /**
             * Format: int64
             * @description Seconds that one try to tell it may take.
             */
            timeout: number;
            /** @description Where it is, without the name and password that scripts for Oryx may have put there. */
            url: string;
            /** @description Somebody has to vouch for its certificate. */
            verify_tls: boolean;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_address_rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AddressRuleView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_address_rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAddressRule"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AddressRuleView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_address_rules_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_aliases: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AliasView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_aliases: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAlias"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AliasView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_aliases_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patch_aliases_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangedAlias"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AliasView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_audit: {
        parameters: {
            query?: {
                /** @description From the one behind this: `next` of the last answer. */
                after?: string;
                /** @description At most so many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_DeedView"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_certificates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificatesView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_certificates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCertificate"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificateView"];
                };
            };
            /** @description The settings name the certificate */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The pair cannot be used, and why */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_certificates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_certificates_order: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewOrder"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificatesView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_certificates_renewal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificatesView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_certificates_self_signed: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificatesView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_diagnostics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BundleWish"];
            };
        };
        responses: {
            /** @description A tar.gz */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/gzip": number[];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_events: {
        parameters: {
            query: {
                /**
                 * @description What is to be told, separated by commas: `streams`, `system`, `logs`, `webhooks`, `https`, `jobs`, `recordings`.
                 * @example streams,system
                 */
                topics: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many listen already */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_ffmpeg: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FfmpegView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_invited: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InviteToken"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitedView"];
                };
            };
            /** @description It does not hold, or not any more */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_invites: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_InviteView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_invites: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewInvite"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InviteView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_invites_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_jobs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_JobView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_jobs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewJob"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_jobs_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_jobs_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patch_jobs_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangedJob"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_jobs_id_log: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_JobLineView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_jobs_id_restart: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_jobs_kinds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_JobKindView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patch_jobs_kinds_kind: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                kind: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangedJobKind"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobKindView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeysView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_keys_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patch_keys_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangedKey"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_keys_id_rotate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rotation"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_keys_global_rotate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rotation"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeysView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_logins: {
        parameters: {
            query?: {
                /** @description Everybody's, which needs `accounts:read`. */
                everybody?: boolean;
                /** @description Somebody's; without it, one's own. Others' need `accounts:read`. */
                user?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_LoginView"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_logins_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description From the list */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_logs: {
        parameters: {
            query?: {
                /** @description From the one behind this: `next` of the last answer. */
                after?: string;
                /** @description Somewhere in the message, the target or a field (`name=value`), in any case; at most 256 bytes. */
                contains?: string;
                /** @description As bad as this, or worse. */
                level?: "error" | "warn" | "info" | "debug" | "trace";
                /** @description At most so many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_LogLineView"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_metrics_range: {
        parameters: {
            query?: {
                /** @description The beginning, in seconds of Unix time; 0 or less: so many seconds before now. */
                from?: number;
                /**
                 * @description Names, separated by commas. Without it, all.
                 * @example sent,viewers
                 */
                series?: string;
                /**
                 * @description Seconds between two values: a multiple of a step that is kept (1, 10, 60; of a stream 1, 10). Without it, the least that is
                 *     kept for so long.
                 */
                step?: number;
                /** @description Of this stream, rather than of the server: `app/name`. */
                stream?: string;
                /** @description The end, likewise. */
                to?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RangeView"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No history is kept of that stream */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_openapi_json: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_passes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PassesView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_passes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewGuarded"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PassesView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_passes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPass"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PassView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_passes_rotate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rotation"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PassesView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_past_streams: {
        parameters: {
            query?: {
                /** @description From the one behind this: `next` of the last answer. */
                after?: string;
                /** @description At most so many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_PastStreamView"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_past_streams_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `app/name`, with its slashes as `%2F` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_public_recordings_id: {
        parameters: {
            query?: {
                /** @description A pass for it, by those who have no account */
                pass?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicRecordingView"];
                };
            };
            /** @description The pass is for something else, is none (`pass_wrong`), holds no more (`pass_expired`) or elsewhere (`pass_elsewhere`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_public_streams_id: {
        parameters: {
            query?: {
                /** @description A pass */
                token?: string;
            };
            header?: never;
            path: {
                /** @description `app/name`, with its slashes as `%2F` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicStreamView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_public_streams_id_snapshot: {
        parameters: {
            query?: {
                /** @description A pass */
                token?: string;
            };
            header?: {
                /** @description `etag` of a picture that is there already */
                "if-none-match"?: string | null;
            };
            path: {
                /** @description `app/name`, with its slashes as `%2F` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    /** @description Changes with the picture */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": components["schemas"]["Jpeg"];
                };
            };
            /** @description The picture is the same */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no picture (yet) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The picture cannot be decoded */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description FFmpeg is missing or has too much to do; `retry-after` says when to try again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_recordings: {
        parameters: {
            query?: {
                /** @description From the one behind this: `next` of the last answer. */
                after?: string;
                /** @description At most so many. */
                limit?: number;
                /** @description Those of this stream only: `app/name`. */
                stream?: string;
                /** @description Those on their way into object storage only. */
                uploading?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_RecordingView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_recordings_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_recordings_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is still being made */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patch_recordings_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangedRecording"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_recordings_id_clips: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewClip"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is elsewhere only, where it cannot be read piece by piece */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The bucket that it is in does not give it */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many files are being made; `retry-after` says when to try again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk has no room for it */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_recordings_id_end: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_recordings_id_files_number: {
        parameters: {
            query?: {
                /** @description To be kept as a file rather than played. */
                download?: boolean;
                /** @description A pass for it, by those who have no account */
                pass?: string;
            };
            header?: {
                /** @description `etag` of the file that the range is of */
                "if-range"?: string | null;
                /** @description One range of bytes; several are answered with the whole */
                range?: string | null;
            };
            path: {
                id: string;
                /**
                 * @description From 1; with `.ts` or `.flv` behind it, if it is to be that
                 * @example 1.ts
                 */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": components["schemas"]["Mp4"];
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": components["schemas"]["Mp4"];
                };
            };
            /** @description The file is the same */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is elsewhere only: in another bucket than is set, or in a cloud */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The container has no place for one of its codecs */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file has no such part */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The bucket that it is in does not give it */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many files are being made; `retry-after` says when to try again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_recordings_id_files_number_piece: {
        parameters: {
            query?: {
                /** @description A pass for it, by those who have no account */
                pass?: string;
            };
            header?: never;
            path: {
                id: string;
                /** @description From 1 */
                number: number;
                /** @example 1024-90210.m4s */
                piece: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": components["schemas"]["Mp4"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description As of the playlist */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The bucket that it is in does not give it */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_recordings_id_files_number_previews: {
        parameters: {
            query?: {
                /** @description A pass for it, by those who have no account */
                pass?: string;
            };
            header?: never;
            path: {
                id: string;
                /** @description From 1 */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreviewsView"];
                };
            };
            /** @description There is no such file, or it has no pictures */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is elsewhere only, where it cannot be read piece by piece */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The bucket that it is in does not give it */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description They cannot be made: `detail` says why */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_recordings_id_files_number_previews_jpg: {
        parameters: {
            query?: {
                /** @description A pass for it, by those who have no account */
                pass?: string;
            };
            header?: never;
            path: {
                id: string;
                /** @description From 1 */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": components["schemas"]["Jpeg"];
                };
            };
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_recordings_id_index_m3u8: {
        parameters: {
            query?: {
                /** @description A pass for it, by those who have no account; its segments have it too */
                pass?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apple.mpegurl": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is elsewhere only, where it cannot be read piece by piece */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_recordings_id_picture: {
        parameters: {
            query?: {
                /** @description A pass for it, by those who have no account */
                pass?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": components["schemas"]["Jpeg"];
                };
            };
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_recordings_id_share: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewShare"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_recordings_id_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadSwitch"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is still being made, or there is no bucket */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_recordings_retention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeepView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_recordings_retention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeepView"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeepView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_recordings_space: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpaceView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_reference: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page, without scripts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description Logged in, by cookie */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_session_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPassword"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Not logged in, or not the current password */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_session_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FactorView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_session_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewFactor"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_session_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Confirmation"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_sessions: {
        parameters: {
            query?: {
                /** @description Publishers or viewers only. */
                action?: "publish" | "play";
                /** @description From the one behind this: `next` of the last answer. */
                after?: string;
                /** @description At most so many. */
                limit?: number;
                /** @description Of this stream only: `app/name`. */
                stream?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_PlayerView"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_sessions_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingsView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patch_settings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the settings that are to change */
                "If-Match"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/merge-patch+json": components["schemas"]["SettingsDocument"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingsView"];
                };
            };
            /** @description Somebody else has changed them meanwhile */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_setup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_setup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetUp"];
            };
        };
        responses: {
            /** @description Set up and logged in, by cookie */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Another setup token */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is set up already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_setup_probe_ports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProbePorts"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProbeView"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Somebody else is trying */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_storage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorageView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_storage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewStorage"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorageView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_storage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_storage_test: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewStorage"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorageTest"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_streams: {
        parameters: {
            query?: {
                /** @description From the one behind this: `next` of the last answer. */
                after?: string;
                /** @description At most so many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_StreamView"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_streams_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `app/name`, with its slashes as `%2F` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_streams_id_kick: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `app/name`, with its slashes as `%2F` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_streams_id_recording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `app/name`, with its slashes as `%2F` */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecordSwitch"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_streams_id_snapshot: {
        parameters: {
            query?: {
                /** @description Pixels across, at most: the picture keeps its shape and is never enlarged. */
                width?: number;
            };
            header?: {
                /** @description `etag` of a picture that is there already */
                "if-none-match"?: string | null;
            };
            path: {
                /** @description `app/name`, with its slashes as `%2F` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    /** @description Changes with the picture */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": components["schemas"]["Jpeg"];
                };
            };
            /** @description The picture is the same */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no picture (yet) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The picture cannot be decoded */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description FFmpeg is missing or has too much to do; `retry-after` says when to try again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_support: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TokenView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_support: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSupport"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeToken"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_support_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description From the list */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_system: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SystemView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_tokens: {
        parameters: {
            query?: {
                /** @description Everybody's, which needs `accounts:read`. */
                everybody?: boolean;
                /** @description Somebody's; without it, one's own. Others' need `accounts:read`. */
                user?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TokenView"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_tokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeToken"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_tokens_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description From the list */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_users: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_UserView"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_users: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_users_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_users_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patch_users_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangedUser"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The last admin has to stay one */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_users_name_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_webhooks: {
        parameters: {
            query?: {
                /** @description From the one behind this: `next` of the last answer. */
                after?: string;
                /** @description At most so many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_WebhookView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_webhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhook"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeWebhook"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_webhooks_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_webhooks_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patch_webhooks_id: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the webhook that is to change */
                "If-Match"?: string | null;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangedWebhook"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Somebody else has changed it meanwhile */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_webhooks_id_deliveries: {
        parameters: {
            query?: {
                /** @description From the one behind this: `next` of the last answer. */
                after?: string;
                /** @description At most so many. */
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_DeliveryView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_webhooks_id_deliveries_number_replay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_webhooks_id_rotate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSecret"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeWebhook"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_webhooks_id_test: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description What else can go wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
