//! What the people of a world write: notes that no reader knows, or records about families that their tablets show.

use khettara_core::id::Feed;
use khettara_records::model::{Form, parse_line};
use khettara_tests::{Chance, Node};
use uuid::Uuid;

/// Families that more than one tablet may register: a list from elsewhere gave them their ids.
const LISTED: u64 = 3;

/// Counts the words, so that no two say the same.
#[derive(Debug, Default)]
pub(crate) struct Writing {
    words: u64,
}

impl Writing {
    /// How many were written so far.
    pub(crate) const fn count(&self) -> u64 {
        self.words
    }

    /// Mostly small; sometimes so large that segments are many.
    pub(crate) fn note(&mut self, chance: &mut Chance) -> Vec<u8> {
        self.words += 1;
        let mut note = self.words.to_be_bytes().to_vec();
        let size = [16, 200, 9_000][chance.below(3) as usize];
        note.extend((0..size / 8).flat_map(|_| chance.word().to_le_bytes()));
        note
    }

    /// A form about a family of this feed that the node's copy shows, or about one more.
    pub(crate) fn form(&mut self, node: &mut Node, feed: &Feed, chance: &mut Chance) -> Form {
        self.words += 1;
        let rows = node.replica.rows(&*node.store, feed, None, 20).expect("rows read");
        let family = rows.get(chance.below(rows.len() as u64) as usize).map(|row| row.document);
        let Some(document) = family.filter(|_| chance.percent(80)) else {
            return self.family(feed, chance);
        };
        if chance.percent(15)
            && let Some(conflict) =
                node.replica.conflicts(&*node.store, feed, &document).expect("reads").first()
            && let Some(decision) = conflict.keep(chance.below(conflict.sides.len() as u64) as usize)
        {
            return decision;
        }
        let (word, id) = (self.word(), Uuid::from_bytes(document.0));
        let water = ["running", "well", "fountain"][chance.below(3) as usize];
        let line = match chance.below(7) {
            0 => format!(r#""record":"household","id":"{id}","water":"{water}""#),
            1 => format!(r#""record":"household","id":"{id}","note":"{word}""#),
            2 => format!(r#""record":"expectation","household":"{id}","text":"{word}","category":"water""#),
            3 => format!(
                r#""record":"member","household":"{id}","name_latin":"Rqia","sex":"female","relation":"child""#
            ),
            _ => format!(
                r#""record":"visit","household":"{id}","at":"2026-11-25T09:30:00Z","agent":"a","kind":"follow_up","note":"{word}","needs":[{{"category":"water","urgency":"high"}}]"#
            ),
        };
        form(&line)
    }

    fn family(&self, feed: &Feed, chance: &mut Chance) -> Form {
        let (word, commune) = (self.word(), feed.as_str());
        let members = r#""members":[{"name_latin":"Itto","sex":"female","relation":"head"}]"#;
        let id = match chance.below(LISTED * 3) {
            number if number < LISTED => {
                let mut id = [0x40; 16];
                id[15] = number as u8;
                format!(r#""id":"{}","#, uuid::Builder::from_custom_bytes(id).into_uuid())
            }
            _ => String::new(),
        };
        form(&format!(
            r#"{id}"record":"household","commune":"{commune}","status":"sedentary","note":"{word}",{members}"#
        ))
    }

    fn word(&self) -> String {
        format!("word{}", self.words)
    }
}

fn form(fields: &str) -> Form {
    parse_line(1, &format!("{{{fields}}}")).expect("what people write here is sound")
}
