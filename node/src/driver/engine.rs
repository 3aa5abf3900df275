//! The engine's thread: drain what waits, one call, route the answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use khettara_core::limits::INPUTS_PER_COMMIT_MAX;
use khettara_core::sync::{CloseReason, Input, Output, SessionId};
use tokio::runtime::Handle;
use tokio::sync::broadcast;
use tokio::sync::mpsc::UnboundedReceiver;

use super::inbox::{Kind, Message};
use super::outbox::Outbox;
use super::{Machine, News, Outboxes};
use crate::clock::Clock;

/// Everything the engine's thread owns.
pub(super) struct EngineLoop<M> {
    machine: M,
    clock: Clock,
    bounds: Outboxes,
    messages: UnboundedReceiver<Message>,
    news: broadcast::Sender<News>,
    outboxes: BTreeMap<SessionId, Outbox>,
    waiting_bytes: Arc<AtomicUsize>,
    wakes_ms: BTreeSet<u64>,
    stopping: bool,
}

impl<M: Machine> EngineLoop<M> {
    pub(super) fn new(
        machine: M,
        clock: Clock,
        bounds: Outboxes,
        messages: UnboundedReceiver<Message>,
        news: broadcast::Sender<News>,
    ) -> Self {
        Self {
            machine,
            clock,
            bounds,
            messages,
            news,
            outboxes: BTreeMap::new(),
            waiting_bytes: Arc::new(AtomicUsize::new(0)),
            wakes_ms: BTreeSet::new(),
            stopping: false,
        }
    }

    /// Runs until stopped; on the way out all sessions are told to close and the machine is dropped.
    pub(super) fn run(mut self, timer: &Handle) {
        let mut group = Vec::new();
        while !self.stopping && timer.block_on(self.wait(&mut group)) {
            self.turn(&mut group);
        }
        for outbox in self.outboxes.values_mut() {
            outbox.close(CloseReason::Stopping, false);
        }
    }

    /// Waits for messages or for the next moment asked for; false where nobody can send any more.
    async fn wait(&mut self, group: &mut Vec<Message>) -> bool {
        let next_wake = self.wakes_ms.first().copied();
        let receive = self.messages.recv_many(group, INPUTS_PER_COMMIT_MAX);
        let Some(at_ms) = next_wake else { return receive.await > 0 };
        let patience = Duration::from_millis(at_ms.saturating_sub(self.clock.now_ms()));
        tokio::time::timeout(patience, receive).await.unwrap_or(1) > 0
    }

    fn turn(&mut self, group: &mut Vec<Message>) {
        let mut inputs = Vec::with_capacity(group.len() + 1);
        let mut rooms = Vec::with_capacity(group.len());
        let mut over = Vec::new();
        for message in group.drain(..) {
            rooms.push(message.room);
            self.take(message.kind, &mut inputs, &mut over);
        }
        let now_ms = self.clock.now_ms();
        if self.wakes_ms.first().is_some_and(|at_ms| *at_ms <= now_ms) {
            self.wakes_ms = self.wakes_ms.split_off(&now_ms.saturating_add(1));
            inputs.push(Input::Wake);
        }
        if !inputs.is_empty() {
            for output in self.machine.handle(now_ms, inputs) {
                self.route(output);
            }
        }
        drop(rooms);
        for news in over {
            if let News::Ended { session, .. } = news {
                self.outboxes.remove(&session);
            }
            self.tell(news);
        }
    }

    fn take(&mut self, kind: Kind, inputs: &mut Vec<Input>, over: &mut Vec<News>) {
        match kind {
            Kind::Open { input, session, peer, dialled, outbox } => {
                self.outboxes.insert(session, outbox);
                self.tell(News::Opened { session, peer, dialled });
                inputs.push(input);
            }
            Kind::Session { session, input } => {
                if self.outboxes.get(&session).is_some_and(|outbox| !outbox.is_closed()) {
                    inputs.push(input);
                }
            }
            Kind::Own(input) => inputs.push(input),
            Kind::End { session, how } => {
                inputs.push(Input::Lost { session });
                over.push(News::Ended { session, how });
            }
            Kind::Stop => self.stopping = true,
        }
    }

    fn route(&mut self, output: Output) {
        match output {
            Output::Frame { session, frame } => {
                let (all, bounds) = (self.waiting_bytes.clone(), self.bounds);
                if let Some(outbox) = self.open_outbox(session)
                    && !outbox.frame(frame, &all, bounds)
                {
                    outbox.close(CloseReason::Done, true);
                }
            }
            Output::Segment { session, bytes, priority } => {
                let (all, bounds) = (self.waiting_bytes.clone(), self.bounds);
                if let Some(outbox) = self.open_outbox(session)
                    && !outbox.segment(bytes, priority, &all, bounds)
                {
                    outbox.close(CloseReason::Done, true);
                }
            }
            Output::Close { session, reason } => {
                if let Some(outbox) = self.open_outbox(session) {
                    outbox.close(reason, false);
                }
            }
            Output::WakeAt { at_ms } => {
                self.wakes_ms.insert(at_ms);
            }
            Output::Notice(notice) => self.tell(News::Notice(notice)),
        }
    }

    fn open_outbox(&mut self, session: SessionId) -> Option<&mut Outbox> {
        self.outboxes.get_mut(&session).filter(|outbox| !outbox.is_closed())
    }

    fn tell(&self, news: News) {
        // Nobody listening is nobody's loss.
        let _ = self.news.send(news);
    }
}
