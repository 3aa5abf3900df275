//! Stories about who may do what.

mod chain;
mod ledger;
mod people;

use super::story::{COMMUNE, feed};
use crate::id::KeyId;
use crate::identity::{FeedKeyItem, Item, Limits};

fn key_item(byte: u8) -> Item {
    Item::FeedKey(FeedKeyItem { feed: feed(COMMUNE), ordinal: 1, key_id: KeyId([byte; 8]), link: None })
}

fn limit(name: u8, value: u64) -> Item {
    Item::Limits(Limits { limits: [(name, value)].into_iter().collect() })
}
