//! Kyso ("ký số", digital signing): a person's token signs for web document systems, and nothing is
//! signed unseen.
//!
//! # Map
//!
//! | where | what |
//! |---|---|
//! | [`domain`] | what signing means, as values: no IO, no runtime, no wire formats |
//! | [`sign`] | one request from verdict to signature; one question at a time |
//! | [`token`] | finds tokens and signs, each module in a process of its own; the token host itself |
//! | [`store`] | the log and the grants, in SQLite |
//! | [`forward`] | tells collectors of the log: the journal and syslog |
//! | [`report`] | statistics of the log: sums as values, and the page, CSV and JSON made of them |
//! | [`setup`] | the first run: what was found becomes steps, each with its verdict |
//! | [`ui`] | the prompt: window and terminal, and the agent's side of both; the tray |
//! | [`api`] | the gate, the HTTP routes, the WebSocket that calls them, the control socket |
//! | [`tls`] | https for 127.0.0.1: the certificate, the browsers that trust it, its renewal |
//! | [`status`] | the document that tells what the agent does: made by [`api`], read by tray and commands |
//! | [`validation`] | how certificates stand: anchors, paths, revocation |
//! | [`text`] | every sentence a person reads, Vietnamese and English |
//! | [`sys`] | what differs by system |
//! | [`policy`] | what the machine's administrator lays down: read, put together, explained |
//! | [`app`], [`config`], [`paths`], [`log`] | the composition root and what it reads |
//! | [`cli`] | one subcommand a file |
//!
//! `kyso-simulator` is a program for the tests of document systems, made of this library and of code of its own in
//! `src/bin/kyso-simulator`, which is no part of the library.
//!
//! Who may use whom is a table in a test: `cli → app → everything`; `cli → setup → token, domain`;
//! `api → sign, text, domain`; `api`, `ui`, `cli` → `status`, which uses nothing; `ui`, `sign`, `token`,
//! `store`, `forward`, `report` → `text, domain`; `validation` → `domain, sys`; `api`, `cli` → `tls → sys`; `domain → nothing`; adapters never see each other; `sys` serves all but
//! `domain` and `text`.
//!
//! # Processes
//!
//! `kyso agent` talks to the network, never holds a PIN in clear and loads no vendor library; it becomes
//! `kyso-agent`, which stays in memory all day without the code of everything else.
//! `kyso-token-host` loads one PKCS#11 module: vendor code crashes, hangs and can't be unloaded, and
//! ending its process is the one cure. `kyso prompt` holds one conversation with the person. `kyso tray` is
//! the icon in the panel, a client of the control socket and nothing more; it becomes `kyso-tray`, since it stays
//! in memory all day. The PIN
//! goes from prompt to token host sealed ([`domain::seal`]), through an agent that can't open it.
//!
//! # Invariants
//!
//! 1. **Nothing is signed unseen.** [`domain::ports::Tokens::sign`] takes an
//!    [`domain::approval::Approved`] by value; only `Answer::into_approved` makes one.
//! 2. **A grant lets a site ask.** It never stands in for the person's answer.
//! 3. **One gate.** Every byte from TCP passes [`api::gate`] before routing and before its body is read.
//! 4. **Typed operations only.** No route takes a mechanism, a module path, a PIN, or bytes to be signed
//!    as they are.
//! 5. **Write before, write after.** *Asked* is durable before the prompt, the outcome before release.
//! 6. **A signature is verified** with the certificate's key before it is released.
//! 7. **No late signature** after cancel, timeout or a vanished client.
//! 8. **One login per typed PIN**, and no automatic retry. No PIN is kept anywhere; a login is, where
//!    configuration and person want it ([`domain::kept`]), and each signature is agreed to all the same.
//! 9. **Login to logout is one critical section** per token; a kept login serves its own token's agreed jobs
//!    alone, and a typed PIN ends it first.
//! 10. **Device truth is read each time**: serial and certificate are compared right before the login.
//!
//! # Where the code found another shape than its first design, and why
//!
//! - `Tokens::snapshot` is a future: the very first look is waited for, and a module that nobody tells of
//!   changes is looked at when somebody asks and the last look is two seconds old. So an idle agent makes no
//!   wake-ups for it at all.
//! - A process whose card left during a look is ended rather than asked again: OpenSC hangs in such questions.
//!   A PIN sealed to such a process ends as `token_changed` or `token_removed` and is never resent.
//! - What is found must be in one of the system's folders for libraries, since p11-kit's files are written by
//!   programs; a path in Kyso's own configuration is the person's word.
//! - A card is known by its certificates, since modules name cards as they like; a serial number and a label
//!   count only where there is none.
//! - Between two jobs the token host keeps a session that is not logged in, because object handles end with a
//!   token's last session; what it finds by them is read again before it is believed.
//! - The sealed PIN is bound to the *job* ([`domain::job`]), which the prompt builds from what it
//!   showed, not from a hash that the agent hands it: what was seen is what is signed.
//! - *Asked* is written when a request gets its place in the queue, whatever its certificate: an idempotency
//!   key must remember every end, an unknown certificate's too. The token is asked for its nonce while the row
//!   becomes durable; what a person could see comes after both.
//! - The agent runs on one thread, beside the log's: a request is a chain of short steps, and waking another
//!   thread for each took longer than the steps (measured). Only a batch is verified on others.
//! - Sentences stand by matter, both languages side by side, instead of one file a language: a
//!   sentence that lacks a language does not compile.
//! - A CMS signature's attributes are worked out by prompt and agent each from the document's digest, so that
//!   the person sees the document's digest and not that of attributes; attributes that a server built must hold it.
//! - CMS is written with [`der`] and a few shapes of our own: certificates, issuers and serial numbers go in as the
//!   bytes that the token holds, which the crate `cms` parses and writes anew.
//! - The kit for servers takes documents, not digests: Node's crypto verifies ECDSA over nothing else, and a digest is
//!   too easily the page's. It reads DER itself: node-forge verifies no CMS, and PKI.js looks at no ESS certificate.
//! - Why something failed is a value until a person reads it: `sys`, `store` and [`config`] hand over what they know,
//!   and [`text::cause`] tells it in the person's language; what a library says is quoted behind a sentence of ours.
//! - The package runs no script when it comes, and one when it goes: an authority that browsers trust is in none of its
//!   files, and an agent that does not run takes nothing away.
//! - Pairing has a question of its own beside the signing question, so that a consent to ask can't be
//!   mistaken for a consent to sign.
//! - A message of a WebSocket becomes a request as HTTP carries it and goes to the same routes, through the same gate:
//!   there is one parser, one set of limits and one memory of idempotency keys.
//! - The verifying of signatures is in [`sign`], not in the token adapter: whatever makes signatures, the
//!   service checks them.
//! - A serial number is nobody's name: a certificate knows which module showed it, and a PIN is sealed to
//!   that module's host alone.
//! - Whether the caller holds on is asked twice a second besides the connection's own end, and again
//!   before the window, the token and the release: a client can hide its end behind a stray byte, and a
//!   site can be revoked while its request waits.
//! - The wish to keep a login is sealed with the PIN, limits and all: the host keeps what the person ticked, not
//!   what an agent claims. Readers with a pad seal nothing, so no login of theirs is kept.
//! - The word for a kept login is taken from the agent's own prompt alone: whoever brings a terminal over the control
//!   socket could be any program, and types the PIN.
//! - A token host is shut in with the device files that are there when it starts, so a new one that could be a token's
//!   has the agent look through a new process.
//! - Both sides of the pipe have a clock for a kept login: a stuck agent does not make it last.
//! - Refused pairings count by page and, in all, by ten in ten minutes: a tray need not run, and with one
//!   count for all any page could keep the real ones out.
//! - Whether a window is overlooked is the window's own word (`focus` beside the conversation), since no desktop
//!   tells it of others on Wayland. A notification comes once it has not had the focus for a moment.
//! - Notifications go over zbus, which is here anyway, rather than through another library: do-not-disturb, activation
//!   tokens and the end of each are then heard on one connection.
//! - The tray's log is the CSV export in whatever opens tables; it is made by a process of its own, so the tray
//!   never touches SQLite.
//! - A pairing takes its turn in the queue of the signatures: there is one question, whatever it is about (R22).
//! - The turn is the question's, not the request's: it passes on once the token has taken the PIN, so tokens of
//!   different modules sign at the same time. Not at the answer: a wrong PIN is typed again in the same window, and one on
//!   the reader is typed after it. The window of the request that works stays as it was, below the next one, and no key
//!   counts in it until the person turns to it. A request that may need a busy module is not asked about before
//!   that is free: its PIN would lie sealed for minutes, and its question hold up those that need another. On one
//!   terminal nothing passes on, since two prompts would both read what is typed.
//! - Whether the person knew that it is the last try goes to the token host with the PIN, which compares it with the
//!   token's flags right before the login: another program may have used up the tries while they typed.
//! - A token host gets chosen variables of the agent's environment, and those that the module's settings name: a
//!   session's environment opens other doors.
//! - A consent that is taken back while the token works keeps the window until the agent has said what came
//!   of it: only the agent knows whether that was in time.
//! - The instance lock is beside the log, not in the runtime folder: it guards the log, and a session
//!   without the runtime folder must find it.
//! - A new PIN can't be called back once it is with the token, so from then on nothing cancels: the token's
//!   answer is waited for and recorded, whoever has left.
//! - `C_SetPIN` comes after a login with the same PIN: without one, some modules refuse it, and OpenSC may
//!   take the PIN for the PUK.
//! - `kyso doctor --module --sign` runs those parts around a library that is in no configuration: the person names it
//!   on their own command line, never over the control socket, and each trial is an ordinary request, asked for
//!   and logged. A token host tells of its steps ([`token::trace`]) only where this command listens.
//! - What `kyso setup` has done is in `setup.json` beside the log, not read from the log: a *no* has no row there,
//!   and what is known only by a file's being there is what the tray can ask at its first start.
//! - The tray's first run is a page and the prompt's own window, a terminal only where no page can be opened: whoever
//!   signs in a browser has one, and may never have seen a terminal. A page can't ask, so start at login stays with the
//!   tray's menu, and the trial's consent is its PIN.
//! - Agent and tray are programs of their own beside `kyso`, which turns into them: code is mapped in steps of 64
//!   kilobytes around what runs, so the code of window and commands lay in memory between the agent's own. Prompts and
//!   commands end soon and stay one program. Packed relocations, drawing on X11 without libX11 ([`sys`]), and
//!   reading only the heads of libraries make each smaller still.
//! - Each renewal of https is a new authority, since the old one's key is gone: what browsers trust changes by the
//!   person's command alone, so the agent says that it is time and renews nothing by itself.
//! - The system's store of authorities is left alone unless it is asked for: it is every user's, and no browser on
//!   Linux reads it.
//! - The simulator's stand-ins for token and person are in its own program, not behind a feature of the library: what
//!   approves by itself can't be linked into anything that is shipped. What it does as a token comes to it sealed as
//!   its PIN, so the real flow carries it, and nothing else links the two.
//! - The client for pages (`web/client`) opens a socket for each call that waits for a person, and for each listening:
//!   leaving is then closing it, as over HTTP, and no call waits behind another's.
//! - The agent's look at its own port is no request and passes no gate: the server knows the call by the very socket
//!   address that the agent holds for it, reads 32 bytes and answers with a signature. A route for it would be one more
//!   that pages could call, and a policy that lets no new site ask would have refused it.
//! - Who else listens is asked of the kernel, not of the ports: other users' agents answer nobody but their own user. More
//!   than one port is squatting, one is an agent.
//! - A connection has no place among the 64 before it has said something, for a tenth of a second at most: a thousand that
//!   come at once would have thrown out a page's between its connect and its request (measured: 2 of 4,201).
//! - SIGTERM waits for the person and a second one does not, because service managers send the first to restart, and a
//!   session that ends takes the windows with it. So its unit has that word said to the agent alone.
//! - The log is kept by [`log`] itself and not by `tracing`: three levels, one line an event, the last ones in memory. No
//!   span is needed to tell requests apart on one thread, and nothing is logged that a filter would have to take out.
//! - A support bundle is text and no archive: its sender reads what leaves the house. What is known by name is taken out of
//!   every part, whatever part it came from.
//! - Paths, lists and responses are `certval`'s to judge, which is sans-io where its `remote` feature is off: [`validation`]
//!   fetches, since an agent that signs must not follow an HTTP client's redirects, proxies and TLS roots, and verifies
//!   signatures with AWS-LC. Answers are kept as the bytes that came, in files, and judged anew: a list of megabytes
//!   stays out of an idle agent's memory, and the folder is trusted with nothing.
//! - Who gives no answer about revocation is left alone for a minute, by address and in memory: in a file it would outlive
//!   the restart that people try first, and by certificate each of a batch would wait for the same responder.
//! - The verdict on a certificate comes into the open window, and the wait for it is between the answer and the
//!   token: asked before the window, a slow responder would hold it back; after the token, a PIN would be spent.
//! - A policy file is read value by value and not into a struct at once: an administrator is told of all that is wrong, and
//!   of the line that decides. Where two files differ the strictest decides, so that no file has to be read to the end to
//!   know that something is refused.
//! - The machine's leave for a site is looked at in [`domain::policy`] beside the person's, and never kept in the store: it
//!   ends with the line that gave it.
//! - Rotation moves old rows out into a closed file instead of beginning a new database: grants, tries and idempotency keys
//!   stay where they are, one transaction of one file decides, and no reader opens a file whose name has changed hands.
//! - SQLite takes a WAL that lost its end for commits that never were, so how far the log came stands in a second small
//!   file, too, which is not waited for: a process that dies leaves it right.
//! - A warning about a certificate that comes after the consent takes another one: what the person had not seen they have
//!   not agreed to, and a word in the log makes it no better.
//! - An issuer is told from its namesakes by the key that both certificates name: an authority that renews its key keeps its
//!   name, and whoever checks the signature would be led astray.
//! - Numbers of lost rows are not used again: a receipt of one must not meet another row, which would look like forgery.
//! - A closed file is removed only if it is old by the log's own rows, too: of what can't be undone no clock decides alone.
//! - Rows that can't be read are told to a collector as such, and it goes on: waiting for a lost file would lose all after it.
//! - Each batch for a syslog server has a connection of its own: plain TCP acknowledges nothing, but a server that closes
//!   its side after ours has read everything, and one that dies with unread bytes resets the connection.
//! - Commands without an agent run the same parts behind the same control conversation, over a pipe
//!   in the process: there is one client.

pub mod api;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod forward;
pub mod log;
pub mod paths;
pub mod policy;
pub mod report;
pub mod setup;
pub mod sign;
pub mod status;
pub mod store;
pub mod sys;
pub mod text;
pub mod tls;
pub mod token;
pub mod ui;
pub mod validation;
