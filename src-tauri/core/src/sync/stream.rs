//! One stream of a run, from its stored state until it is up to date.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ring::digest;

use super::charset::declared;
use super::intake::{Intake, Origin, recost, refused};
use super::progress::{Phase, Reason};
use super::retry::Tries;
use super::shared::Shared;
use super::spool::{Incoming, Spool, unspooled};
use super::{BODY_RECEIVED, REQUEST_SENT};
use crate::connectors::RawRecord;
use crate::connectors::fetch::{
    Auth, Batch, Framing, Mishap, Page, Remote, SpoolInfo, Step, StreamCtx, StreamSpec, StreamState, Together, Verdict,
};
use crate::net::limiter::{Cost, Limiter};
use crate::net::{Code, NetError, WHOLE_LIMIT, take_whole};

/// A stream at work.
pub(super) struct Stream {
    shared: Arc<Shared>,
    pub(super) spec: StreamSpec,
    spool: Option<(Spool, Origin)>,
    /// Keys seen in the pass at hand, with its name.
    seen: Option<(&'static str, HashSet<String>)>,
    tries: Tries,
    /// Records of pages that are true only together, with their pass, until the last of them has come.
    kept: Option<(i64, Vec<RawRecord>)>,
    /// The orders as stored need costing again.
    costs_learned: bool,
    /// Keys of the records met that state no id.
    pub(super) nameless: BTreeSet<String>,
}

/// What a step came to.
enum Came {
    /// A page, to be stored.
    Page(Box<Page>, Option<Origin>),
    /// Nothing yet; go on from this state.
    State(StreamState),
}

impl Stream {
    pub(super) fn new(shared: Arc<Shared>, spec: StreamSpec) -> Self {
        let tries = Tries::new(shared.job.fetcher.pauses());
        Stream {
            shared,
            spec,
            spool: None,
            seen: None,
            tries,
            kept: None,
            costs_learned: false,
            nameless: BTreeSet::new(),
        }
    }

    /// Reads the stream until it is up to date. Costs that it brought are applied to what is stored, however it ends.
    ///
    /// # Errors
    /// Why it ended before; what was stored stays.
    pub(super) async fn run(&mut self) -> Result<(), NetError> {
        let ended = self.read().await;
        match &ended {
            // Whoever has taken the connection over begins by applying them.
            Err(why) if why.code == Code::Busy => ended,
            _ => ended.and(self.apply_costs().await),
        }
    }

    /// Applies costs that have come to the orders that came before them.
    async fn apply_costs(&mut self) -> Result<(), NetError> {
        if std::mem::take(&mut self.costs_learned) {
            let shared = &self.shared;
            let changed = recost(&shared.job.store, shared.job.connection, shared.job.books).await?;
            shared.stored(self.spec.name, changed);
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), NetError> {
        let name = self.spec.name;
        let connection = self.shared.job.connection;
        let stored = self
            .shared
            .job
            .store
            .read(move |r| r.stream_state(connection, name))
            .await
            .map_err(|error| refused(&error))?;
        let stored = stored.map(|stored| StreamState(stored.state));
        let now = self.shared.job.clock.now();
        self.shared.progress(name, |progress| progress.begin(now));
        let mut state = {
            let (remote, limits) = (self.shared.remote(), self.shared.limits());
            self.shared
                .job
                .fetcher
                .begin(&self.ctx(&remote, &limits, None), stored.as_ref())?
        };
        loop {
            if self.shared.cancel.is_cancelled() {
                return Err(NetError::cancelled());
            }
            self.shared.renew().await?;
            let (remote, limits) = (self.shared.remote(), self.shared.limits());
            let name_at_hand = self
                .spool
                .as_ref()
                .map(|(spool, _)| (spool.name.clone(), spool.groups()));
            let spool = name_at_hand
                .as_ref()
                .map(|(name, groups)| SpoolInfo { name, groups: *groups });
            let ctx = self.ctx(&remote, &limits, spool);
            let step = self.shared.job.fetcher.next(&ctx, &state)?;
            let came = match step {
                Step::Done => return Ok(()),
                Step::Wait(time) => {
                    // The platform may take hours.
                    self.apply_costs().await?;
                    self.wait(time, Reason::Preparing).await?;
                    continue;
                }
                Step::Call { request, auth, cost } => self.call(&ctx, &state, request, auth, cost).await?,
                Step::Download {
                    request,
                    name,
                    framing,
                    lines,
                    bytes,
                } => match self.download(request, name, framing, lines, bytes).await? {
                    Ok(spool) => {
                        self.spool = Some(spool);
                        continue;
                    }
                    Err(mishap) => self.stumble(&ctx, &state, &mishap).await?,
                },
                Step::Drain { from } => self.drain(&ctx, &state, from).await?,
                Step::Known { among } => {
                    let keys = self.keys(among).await?;
                    let page = self.shared.job.fetcher.read(&ctx, &state, Batch::Known(keys))?;
                    Came::Page(Box::new(page), None)
                }
                Step::Compare { pass, among } => self.compare(&ctx, &state, pass, among).await?,
            };
            state = match came {
                Came::State(state) => state,
                Came::Page(page, origin) => {
                    self.tries = Tries::new(self.shared.job.fetcher.pauses());
                    self.store(*page, origin).await?
                }
            };
        }
    }

    fn ctx<'a>(&self, remote: &'a Remote, limits: &'a Limiter, spool: Option<SpoolInfo<'a>>) -> StreamCtx<'a> {
        StreamCtx {
            stream: self.spec.name,
            remote,
            now: self.shared.now(),
            limits,
            spool,
            since: self.shared.options.since,
        }
    }

    async fn wait(&self, time: Duration, reason: Reason) -> Result<(), NetError> {
        let time = time.max(Duration::from_millis(200));
        self.shared.waiting(self.spec.name, time, reason);
        self.shared.pause(time).await?;
        self.shared
            .progress(self.spec.name, |progress| progress.phase = Phase::Working);
        Ok(())
    }

    /// Sends a request and decides what its answer means.
    async fn call(
        &mut self,
        ctx: &StreamCtx<'_>,
        state: &StreamState,
        request: http::Request<Bytes>,
        auth: Auth,
        cost: Cost,
    ) -> Result<Came, NetError> {
        let shared = Arc::clone(&self.shared);
        if let Some(capacity) = shared.admit(self.spec.name, &cost).await? {
            return self.stumble(ctx, state, &Mishap::TooDear { capacity }).await;
        }
        let mut signed = copy(&request);
        let token = match auth {
            Auth::None => None,
            Auth::Token => {
                self.check_host(&request)?;
                let token = shared.cancel.or(shared.job.tokens.current()).await?;
                let token = token.map_err(shut_out)?;
                shared.job.fetcher.sign(&mut signed, &token);
                Some(token)
            }
        };
        shared.progress(self.spec.name, |progress| progress.requests += 1);
        let sent_at = shared.job.clock.now_millis();
        let answer = {
            let host = request.uri().host().unwrap_or_default();
            let sending = async {
                let begun = shared.job.transport.send(signed).await?;
                shared.job.checkpoint.pass(REQUEST_SENT);
                take_whole(begun, host, WHOLE_LIMIT).await
            };
            shared.cancel.or(sending).await
        };
        let answer = match answer {
            Err(cancelled) => {
                shared.settle(&cost, None);
                return Err(cancelled);
            }
            Ok(Err(error)) => {
                shared.settle(&cost, None);
                return self.stumble(ctx, state, &Mishap::Transport(error)).await;
            }
            Ok(Ok(answer)) => answer,
        };
        shared.job.checkpoint.pass(BODY_RECEIVED);
        shared.hear_time(answer.headers());
        shared.settle(&cost, shared.job.fetcher.observe(cost.limit, &answer).as_ref());
        let took = Duration::from_millis(u64::try_from(shared.job.clock.now_millis() - sent_at).unwrap_or(0));
        let verdict = shared.job.fetcher.classify(ctx, state, &request, &answer);
        if let (Verdict::Refresh { why }, Some(token)) = (&verdict, &token) {
            if !self.tries.refresh() {
                return Err(why.clone());
            }
            // Why no new token can be had says more than that the old one was rejected, except that there is none to be had.
            match shared.cancel.or(shared.job.tokens.renewed(token)).await? {
                Ok(_) => return Ok(Came::State(state.clone())),
                Err(error) if error.code == Code::NeedsReconnect => return Err(why.clone()),
                Err(error) => return Err(shut_out(error)),
            }
        }
        if verdict == Verdict::Accept {
            if let Some(token) = &token {
                shared.job.tokens.worked(token).await?;
            }
            let batch = Batch::Answer {
                request: &request,
                answer: &answer,
                took,
            };
            let page = shared.job.fetcher.read(ctx, state, batch)?;
            return Ok(Came::Page(
                Box::new(page),
                Some(Origin::of(&request, cost.label, &answer)),
            ));
        }
        self.judge(verdict, state).await
    }

    /// What the lack of an answer means.
    async fn stumble(&mut self, ctx: &StreamCtx<'_>, state: &StreamState, mishap: &Mishap) -> Result<Came, NetError> {
        let verdict = self.shared.job.fetcher.stumble(ctx, state, mishap);
        self.judge(verdict, state).await
    }

    /// Follows a verdict that brought no page.
    async fn judge(&mut self, verdict: Verdict, state: &StreamState) -> Result<Came, NetError> {
        let entropy = Arc::clone(&self.shared.job.entropy);
        let (pause, next, why) = match verdict {
            Verdict::Accept => return Ok(Came::State(state.clone())),
            Verdict::Retry { after, why } => (self.tries.again(&why, after, entropy.as_ref()), state.clone(), why),
            Verdict::Restate { state, why } => (self.tries.restate(entropy.as_ref()), state, why),
            Verdict::Refresh { why } | Verdict::Skip { why } | Verdict::Fail(why) => return Err(why),
        };
        let Some(pause) = pause else { return Err(why) };
        let reason = match why.code {
            Code::Throttled => Reason::Throttled,
            _ => Reason::Fault,
        };
        self.wait(pause, reason).await?;
        Ok(Came::State(next))
    }

    /// No credential leaves for a host that the connector does not declare, nor over an open line.
    fn check_host(&self, request: &http::Request<Bytes>) -> Result<(), NetError> {
        let uri = request.uri();
        let host = uri.host().unwrap_or_default();
        let asked = uri
            .port_u16()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let sealed = uri.scheme_str() == Some("https") || crate::net::is_loopback(host);
        if sealed && self.shared.hosts().contains(&asked) {
            return Ok(());
        }
        Err(NetError::defect(format!(
            "A request with the credential was about to leave for {asked}; it was not sent."
        )))
    }

    async fn download(
        &mut self,
        request: http::Request<Bytes>,
        name: String,
        framing: Framing,
        lines: Option<u64>,
        bytes: Option<u64>,
    ) -> Result<Result<(Spool, Origin), Mishap>, NetError> {
        let shared = Arc::clone(&self.shared);
        shared.progress(self.spec.name, |progress| progress.requests += 1);
        let address = request.uri().clone();
        let answer = match shared.cancel.or(shared.job.transport.send(request)).await? {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(Mishap::Transport(error))),
        };
        if answer.status() != http::StatusCode::OK {
            return Ok(Err(Mishap::Refused(answer.status().as_u16())));
        }
        shared.job.checkpoint.pass(REQUEST_SENT);
        let prefix = format!("{}-{}", shared.job.connection, self.spec.name);
        let content_type = answer.headers().get(http::header::CONTENT_TYPE);
        let named = content_type.and_then(|value| declared(value.to_str().ok()?));
        let entropy = shared.job.entropy.as_ref();
        let mut incoming = match Incoming::create(&shared.job.spool, &prefix, framing, named, entropy) {
            Ok(incoming) => incoming,
            Err(error) => return unspooled(error),
        };
        let mut hash = digest::Context::new(&digest::SHA256);
        let mut body = answer.into_body();
        loop {
            let chunk = match shared.cancel.or(body.chunk()).await? {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) => return Ok(Err(Mishap::Transport(error))),
            };
            hash.update(&chunk);
            if let Err(error) = incoming.take(&chunk) {
                return unspooled(error);
            }
            shared.renew().await?;
        }
        let mut sum = [0; 32];
        sum.copy_from_slice(hash.finish().as_ref());
        let origin = Origin::of_file(&address, &name, incoming.bytes, sum);
        match incoming.finish(name, lines, bytes) {
            Ok(spool) => {
                shared.job.checkpoint.pass(BODY_RECEIVED);
                Ok(Ok((spool, origin)))
            }
            Err(error) => unspooled(error),
        }
    }

    async fn drain(&mut self, ctx: &StreamCtx<'_>, state: &StreamState, from: u64) -> Result<Came, NetError> {
        let Some((mut spool, origin)) = self.spool.take() else {
            return Err(NetError::defect("A file was to be read that is not at hand."));
        };
        let (spool, batch) = tokio::task::spawn_blocking(move || {
            let batch = spool.batch(from);
            (spool, batch)
        })
        .await
        .map_err(|_| NetError::defect("Reading a downloaded file was cut off."))?;
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                return match unspooled(error)? {
                    Ok(()) => Err(NetError::defect("A downloaded file could not be read.")),
                    Err(mishap) => self.stumble(ctx, state, &mishap).await,
                };
            }
        };
        let batch_read = Batch::Groups {
            from,
            groups: batch.groups,
            last: batch.last,
        };
        let page = self.shared.job.fetcher.read(ctx, state, batch_read)?;
        let told = origin.clone();
        if !batch.last {
            self.spool = Some((spool, origin));
        }
        Ok(Came::Page(Box::new(page), Some(told)))
    }

    async fn compare(
        &mut self,
        ctx: &StreamCtx<'_>,
        state: &StreamState,
        pass: &'static str,
        among: &'static str,
    ) -> Result<Came, NetError> {
        let stored = self.keys(among).await?;
        let missing = match self.seen.take() {
            // Without a pass of this run nothing can be said to be missing.
            Some((known, seen)) if known == pass => stored.into_iter().filter(|key| !seen.contains(key)).collect(),
            _ => Vec::new(),
        };
        let page = self.shared.job.fetcher.read(ctx, state, Batch::Missing(missing))?;
        Ok(Came::Page(Box::new(page), None))
    }

    /// Keys of the records stored of a stream.
    async fn keys(&self, among: &'static str) -> Result<Vec<String>, NetError> {
        let connection = self.shared.job.connection;
        let stored = self.shared.job.store.read(move |r| r.keys_of(connection, among)).await;
        stored.map_err(|error| refused(&error))
    }

    /// Takes in what a page of several brought; whether there is something to store now.
    fn collect(&mut self, page: &mut Page) -> bool {
        let Some(Together { pass, last }) = page.together else {
            return true;
        };
        let came = std::mem::take(&mut page.records);
        match &mut self.kept {
            Some((known, kept)) if *known == pass => kept.extend(came),
            other => *other = Some((pass, came)),
        }
        if last {
            page.records = self.kept.take().map(|(_, records)| records).unwrap_or_default();
        }
        last
    }

    /// Stores a page and gives the state behind it.
    async fn store(&mut self, mut page: Page, origin: Option<Origin>) -> Result<StreamState, NetError> {
        let shared = Arc::clone(&self.shared);
        if let Some(identity) = &page.identity {
            shared.identify(&identity.account, &identity.scopes);
        }
        if let Some((pass, keys)) = page.seen.take() {
            match &mut self.seen {
                Some((known, seen)) if *known == pass => seen.extend(keys),
                other => *other = Some((pass, keys.into_iter().collect())),
            }
        }
        let done = {
            let (remote, limits) = (shared.remote(), shared.limits());
            let ctx = self.ctx(&remote, &limits, None);
            matches!(shared.job.fetcher.next(&ctx, &page.state), Ok(Step::Done))
        };
        let stored = shared.job.fetcher.stored(self.spec.name, &page.state);
        let state = std::mem::replace(&mut page.state, stored);
        let (notes, measure) = (std::mem::take(&mut page.notes), page.measure);
        if page.transient || !self.collect(&mut page) {
            let now = shared.job.clock.now();
            if page.together.is_some() {
                shared.progress(self.spec.name, |progress| progress.measure(measure, now));
            }
            shared.note(notes);
            return Ok(state);
        }
        let nameless = page.records.iter().filter(|record| record.is_nameless());
        self.nameless.extend(nameless.map(|record| record.key.clone()));
        let intake = Intake {
            connection: shared.job.connection,
            run: shared.run,
            stream: self.spec.name,
            claim: shared.claim(),
            origin,
            page,
            done,
            limiter: shared.limits_json(),
            books: shared.job.books,
        };
        let came = intake.store(&shared.job.store).await?;
        self.costs_learned |= came.costs_learned;
        let now = shared.job.clock.now();
        shared.progress(self.spec.name, |progress| {
            progress.measure(measure, now);
            progress.take(&came);
        });
        shared.note(notes);
        shared.stored(self.spec.name, came.orders);
        Ok(state)
    }
}

/// A refusal of new tokens for good (the app was removed, its secret is another): only the user can mend it, by connecting again.
fn shut_out(error: NetError) -> NetError {
    let code = match error.code {
        Code::RefusedByChannel | Code::Invalid | Code::NotPermitted => Code::NeedsReconnect,
        code => code,
    };
    NetError { code, ..error }
}

fn copy(request: &http::Request<Bytes>) -> http::Request<Bytes> {
    let mut copy = http::Request::new(request.body().clone());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}
