//! Rows: one flat row per record, the winner of every field, how many fields have several answers, and what
//! other software wrote. Codes are text, so that a code from newer software is shown as it stands.

use std::collections::BTreeMap;
use std::fmt;

use automerge::{ObjId, ReadDoc};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::model::laid::Record;
use crate::model::{Birth, Commune, Count, Gps, Identifier, Instant, Language, Phone, Reference};

macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident {
        given { $($(#[$given_doc:meta])* $given:ident: $given_type:ty;)* }
        fields { $($(#[$field_doc:meta])* $field:ident: $type:ty;)* }
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Serialize)]
        pub struct $name {
            /// The record's id.
            #[serde(serialize_with = "as_text")]
            pub id: Uuid,
            $($(#[$given_doc])* pub $given: $given_type,)*
            $($(#[$field_doc])* pub $field: Option<$type>,)*
            /// How many of its fields have more than one answer.
            pub conflicts: u32,
            /// Keys that this software does not know, and known keys that hold something else.
            pub extra: BTreeMap<String, Json>,
        }

        impl $name {
            pub(crate) fn read<D: ReadDoc>(document: &D, maps: &[ObjId], id: Uuid, $($given: $given_type,)*) -> Self {
                let mut record = Record::new(document, maps);
                $(let $field = record.field::<$type>(stringify!($field));)*
                Self { id, $($given,)* $($field,)* conflicts: 0, extra: record.extra() }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}, {} conflicts)"), self.id, self.conflicts)
            }
        }
    )*};
}

rows! {
    /// A household as it stands.
    HouseholdRow {
        given {
            /// The languages spoken, sorted.
            languages: Vec<Language>;
        }
        fields {
            /// Commune, HCP code.
            commune: Commune;
            /// Douar, ksar or quarter.
            douar: String;
            /// Kind of household.
            status: String;
            /// Place on the map.
            gps: Gps;
            /// Telephone.
            phone: Phone;
            /// Number in the unified social register, hashed.
            rsu: Identifier;
            /// Water.
            water: String;
            /// Dwelling.
            dwelling: String;
            /// On what ground it lives there.
            occupancy: String;
            /// Rooms.
            rooms: Count;
            /// Where used water goes.
            wastewater: String;
            /// What it cooks with.
            cooking: String;
            /// Electricity.
            electricity: bool;
            /// Tenths of a kilometre to a paved road.
            road_km_tenths: u16;
            /// The member who is the head.
            head: Reference;
            /// Note.
            note: String;
            /// Set aside.
            withdrawn: bool;
        }
    }
    /// A member as it stands.
    MemberRow {
        given {
            /// The household.
            #[serde(serialize_with = "as_text")]
            household: Uuid;
        }
        fields {
            /// Name in Arabic or Tifinagh script.
            name_ar: String;
            /// Name in Latin script.
            name_latin: String;
            /// Sex.
            sex: String;
            /// Birth.
            birth: Birth;
            /// Relation to the head.
            relation: String;
            /// Number of the national card, hashed.
            cin: Identifier;
            /// Civil and social digital identifier, hashed.
            idcs: Identifier;
            /// Marital status.
            marital: String;
            /// Schooling.
            schooling: String;
            /// What the member does.
            activity: String;
            /// Whether the birth is in the civil registry.
            birth_registered: bool;
            /// Disability by the census's cut-off.
            disability: bool;
            /// Note.
            note: String;
            /// Set aside.
            withdrawn: bool;
        }
    }
    /// A visit as it stands.
    VisitRow {
        given {
            /// The household.
            #[serde(serialize_with = "as_text")]
            household: Uuid;
        }
        fields {
            /// When.
            at: Instant;
            /// Whose clock.
            time_source: String;
            /// How far that clock may be wrong, in seconds.
            error_s: u32;
            /// Zone of the device, minutes east of UTC.
            offset_min: i16;
            /// When, as was found later by comparing clocks.
            anchored_at: Instant;
            /// Whose clock it was compared with.
            anchored_by: String;
            /// How far the time found later may be wrong, in seconds.
            anchored_error_s: u32;
            /// Agent.
            agent: String;
            /// Kind of visit.
            kind: String;
            /// Respondent.
            respondent: String;
            /// Consent.
            consent: String;
            /// Form of the consent.
            consent_mode: String;
            /// Form of the receipt.
            receipt: String;
            /// Note.
            note: String;
            /// Set aside.
            withdrawn: bool;
        }
    }
    /// A need as it stands.
    NeedRow {
        given {
            /// The household.
            #[serde(serialize_with = "as_text")]
            household: Uuid;
        }
        fields {
            /// Subject.
            category: String;
            /// Urgency.
            urgency: String;
            /// In their words.
            text: String;
            /// State.
            status: String;
            /// The visit at which it was heard.
            visit: Reference;
        }
    }
}

fn as_text<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}
