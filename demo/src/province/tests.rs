//! The province's promises: the census comes out, the seed decides all, and no training word is measured.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::vocabulary::{Pair, Words};
use super::*;

/// Day of the visits in these tests: 25 November 2026.
const DAY: u32 = 20_782;

fn province() -> &'static Province {
    static PROVINCE: OnceLock<Province> = OnceLock::new();
    PROVINCE.get_or_init(Province::errachidia)
}

/// FNV-1a over lines: short, and the same everywhere.
fn fingerprint(lines: impl IntoIterator<Item = String>) -> u64 {
    lines
        .into_iter()
        .flat_map(|line| line.into_bytes().into_iter().chain([b'\n']))
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn the_tables_are_those_of_the_province() {
    let province = province();
    assert_eq!(province.communes.len(), 29);
    assert_eq!(province.households(), 90_107);
    assert_eq!(province.communes.iter().map(|commune| commune.population).sum::<u32>(), 427_572);
    let moving: u32 =
        province.communes.iter().map(|commune| commune.households - commune.sedentary_households).sum();
    assert_eq!(moving, 448);
    for commune in &province.communes {
        assert_eq!(commune.cercle.is_none(), commune.settlement == Settlement::Urban, "{}", commune.code);
        assert_eq!(commune.road_km.is_none(), commune.settlement == Settlement::Urban, "{}", commune.code);
        assert!(
            commune.cercle.as_deref().is_none_or(|cercle| commune.code.starts_with(cercle)),
            "{}",
            commune.code
        );
        for people in [&commune.everybody, &commune.men, &commune.women] {
            assert!((people.ages_pct.iter().sum::<f64>() - 100.0).abs() < 1.0, "{}", commune.code);
            assert!((people.schooling_pct.iter().sum::<f64>() - 100.0).abs() < 1.0, "{}", commune.code);
        }
    }
}

#[test]
fn the_whole_province_comes_out_as_the_census_counted_it() {
    let generator = Generator::new(province(), 2024, province().households());
    let indicators = fidelity(province(), generator.stream());
    assert_eq!(indicators.len(), 41);
    for indicator in indicators {
        assert!(indicator.deviation_points.abs() < 0.5, "{indicator:?}");
    }
}

#[test]
fn two_thousand_households_already_look_like_the_province() {
    let generator = Generator::new(province(), 2024, 2_000);
    for indicator in fidelity(province(), generator.stream()) {
        let of_households = ["household", "nomadic", "electricity", "running", "dwelling"];
        let is_spread = of_households.iter().any(|start| indicator.name.starts_with(start));
        let allowed = if is_spread { 0.6 } else { 2.0 };
        assert!(indicator.deviation_points.abs() < allowed, "{indicator:?}");
    }
}

#[test]
fn every_commune_has_exactly_its_households() {
    let whole = Generator::new(province(), 1, province().households());
    for (index, commune) in province().communes.iter().enumerate() {
        assert_eq!(whole.count(index), commune.households, "{}", commune.code);
    }
    for households in [0, 1, 28, 1_000, 400_000] {
        let generator = Generator::new(province(), 1, households);
        let sum: u32 = (0..29).map(|index| generator.count(index)).sum();
        assert_eq!(sum, households);
        for (index, commune) in province().communes.iter().enumerate() {
            let share = f64::from(commune.households) * f64::from(households) / 90_107.0;
            assert!((f64::from(generator.count(index)) - share).abs() < 1.0);
        }
    }
}

#[test]
fn a_small_commune_has_its_own_disability_and_its_own_nomads() {
    let generator = Generator::new(province(), 5, province().households());
    for code in ["08.201.03.01", "08.201.11.07"] {
        let index = province()
            .communes
            .iter()
            .position(|commune| commune.code == code)
            .expect("a commune of the province");
        let alone = Province { communes: vec![province().communes[index].clone()] };
        let stream =
            (0..generator.count(index)).map(|at| generator.household(index, at).expect("below the count"));
        for indicator in fidelity(&alone, stream) {
            let allowed = match indicator.name.as_str() {
                "disability, %" | "nomadic or homeless, %" | "running water, %" => 1.0,
                _ => 2.5,
            };
            assert!(indicator.deviation_points.abs() < allowed, "{code}: {indicator:?}");
        }
    }
}

#[test]
fn a_seed_means_the_same_households_for_ever() {
    let lines = |seed| {
        let generator = Generator::new(province(), seed, 300);
        fingerprint(
            generator.stream().flat_map(|home| [home.to_line(), generator.visit(&home, DAY).to_line()]),
        )
    };
    assert_eq!(
        lines(2024),
        3_593_903_552_419_375_316,
        "a changed list or draw changes everything published with this seed"
    );
    assert_ne!(lines(2024), lines(2025));
}

#[test]
fn a_household_made_alone_is_the_one_of_the_stream() {
    let generator = Generator::new(province(), 3, 500);
    for household in generator.stream().step_by(37) {
        assert!(
            generator.household(household.commune_index, household.index).expect("it was streamed")
                == household
        );
        assert!(generator.at(household.number - 1).expect("it was streamed") == household);
    }
    assert!(generator.at(500).is_none() && generator.household(29, 0).is_none());
}

#[test]
fn interleaving_changes_the_order_and_nothing_else() {
    let generator = Generator::new(province(), 3, 200);
    let in_order: Vec<String> = generator.stream().map(|household| household.to_line()).collect();
    let mut mixed: Vec<String> = Generator::new(province(), 3, 200)
        .interleaved()
        .stream()
        .map(|household| household.to_line())
        .collect();
    assert_ne!(mixed, in_order);
    let mut sorted = in_order.clone();
    sorted.sort();
    mixed.sort();
    assert_eq!(mixed, sorted);
}

#[test]
fn a_household_holds_together() {
    for household in Generator::new(province(), 8, 3_000).stream() {
        let head = &household.members[0];
        assert!(head.relation == Relation::Head && head.age_years >= 18, "{household:?}");
        let of = |relation| household.members.iter().filter(move |member| member.relation == relation);
        assert!(of(Relation::Head).count() == 1 && of(Relation::Spouse).count() <= 1, "{household:?}");
        assert!(of(Relation::Spouse).all(|wife| wife.marital == Some(Marital::Married)), "{household:?}");
        assert!(of(Relation::Child).all(|child| child.age_years + 16 <= head.age_years), "{household:?}");
        assert!(of(Relation::Parent).all(|parent| parent.age_years >= head.age_years + 16), "{household:?}");
        for member in &household.members {
            assert_eq!(member.marital.is_some(), member.age_years >= 15, "{household:?}");
            let year: u32 = member.birth[..4].parse().expect("a birth begins with its year");
            let late_in_year = u32::from(member.birth.get(5..).is_some_and(|day| day > "09-01"));
            let turned = year + member.age_years + late_in_year;
            assert!(turned == 2024 || (turned == 2023 && member.birth.len() == 4), "{household:?}");
        }
    }
}

#[test]
fn positions_lie_in_their_commune() {
    for (index, commune) in province().communes.iter().enumerate() {
        let mut chance = Chance::keyed(&[index as u64]);
        for _ in 0..200 {
            let gps = commune.boundary.point(&mut chance);
            assert!(commune.boundary.contains(gps.lat_e5, gps.lon_e5), "{}", commune.code);
        }
    }
}

#[test]
fn arabic_and_latin_names_are_the_same_name() {
    for vocabulary in [Vocabulary::Measured, Vocabulary::Training] {
        let words = vocabulary.words();
        let given = [words.men, words.men_amazigh, words.women, words.women_amazigh].concat();
        let families = [words.families, words.families_amazigh].concat();
        let written = |(ar, latin): Pair, member: &Member| {
            let rest_ar = member.name_ar.strip_prefix(ar).and_then(|rest| rest.strip_prefix(' '));
            let rest_latin = member.name_latin.strip_prefix(latin).and_then(|rest| rest.strip_prefix(' '));
            families.iter().any(|family| rest_ar == Some(family.0) && rest_latin == Some(family.1))
        };
        let generator = Generator::new(province(), 4, 400).with_vocabulary(vocabulary).with_plain_spelling();
        for member in generator.stream().flat_map(|household| household.members) {
            assert!(
                !member.spelled_freely && given.iter().any(|name| written(*name, &member)),
                "{}",
                member.name_latin
            );
        }
    }
}

#[test]
fn some_names_are_spelled_as_another_worker_would() {
    let count = |generator: Generator| {
        let members = generator.stream().flat_map(|household| household.members);
        members.fold((0, 0), |(all, free), member| (all + 1, free + u32::from(member.spelled_freely)))
    };
    let (all, free) = count(Generator::new(province(), 4, 1_000));
    assert!((all / 20..all / 8).contains(&free), "{free} of {all}");
    assert_eq!(count(Generator::new(province(), 4, 1_000).with_plain_spelling()).1, 0);
}

/// All phrases of a vocabulary, names and places included.
fn phrases(words: &Words) -> Vec<&'static str> {
    let pairs = [
        words.men,
        words.men_amazigh,
        words.women,
        words.women_amazigh,
        words.families,
        words.families_amazigh,
        words.place_kinds,
        words.places,
    ];
    let mut phrases: Vec<&str> = pairs.concat().into_iter().flat_map(|(ar, latin)| [ar, latin]).collect();
    for remarks in [&words.french, &words.arabic] {
        for list in [remarks.openings, remarks.observations, remarks.endings, remarks.refusals] {
            phrases.extend(list);
        }
    }
    for wants in words.wants {
        phrases.extend(wants.french.iter().chain(wants.arabic));
    }
    phrases
}

/// Words of four letters and more; the short ones are the glue of a language.
fn long_words(phrases: &[&str]) -> BTreeSet<String> {
    let words = phrases.iter().flat_map(|phrase| phrase.split(|letter: char| !letter.is_alphanumeric()));
    words.filter(|word| word.chars().count() >= 4 && *word != "name").map(str::to_lowercase).collect()
}

#[test]
fn training_shares_no_phrase_and_no_longer_word_with_what_is_measured() {
    let (measured, training) = (phrases(Vocabulary::Measured.words()), phrases(Vocabulary::Training.words()));
    let shared: Vec<_> = measured.iter().filter(|phrase| training.contains(phrase)).collect();
    assert!(shared.is_empty(), "{shared:?}");
    let (measured, training) = (long_words(&measured), long_words(&training));
    let shared: Vec<_> = measured.intersection(&training).collect();
    assert!(shared.is_empty(), "{shared:?}");
    assert!(measured.len() > 500 && training.len() > 200, "{} {}", measured.len(), training.len());
}

#[test]
fn a_line_has_its_fields_in_the_agreed_order() {
    let generator = Generator::new(province(), 6, 2_000);
    let household = generator
        .stream()
        .find(|home| {
            home.gps.is_some() && home.phone.is_some() && home.note.is_some() && home.road_km_tenths.is_some()
        })
        .expect("one household in thirty has everything");
    let keys = |line: &str| -> Vec<String> {
        let value: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let line = household_line(&household, "h1");
    assert!(line.starts_with(r#"{"record":"household","ref":"h1","commune":"08.201."#));
    let fields = [
        "record",
        "ref",
        "commune",
        "douar",
        "status",
        "gps",
        "phone",
        "languages",
        "water",
        "dwelling",
        "electricity",
        "road_km_tenths",
        "members",
        "note",
    ];
    assert_eq!(keys(&line), fields);
    let value: serde_json::Value = serde_json::from_str(&line).expect("a line is JSON");
    let head: Vec<_> = value["members"][0].as_object().expect("an object").keys().cloned().collect();
    let fields = ["name_ar", "name_latin", "sex", "birth", "relation", "marital", "schooling", "disability"];
    assert_eq!(head, fields);
    let phone = value["phone"].as_str().expect("text");
    assert!(phone.len() == 13 && (phone.starts_with("+2126") || phone.starts_with("+2127")));
}

#[test]
fn a_visit_belongs_to_its_household_and_its_day() {
    let generator = Generator::new(province(), 6, 2_000);
    let mut words = 0;
    let mut refused = 0;
    for household in generator.stream() {
        let visit = generator.visit(&household, DAY);
        assert!(visit == generator.visit(&household, DAY) && visit != generator.visit(&household, DAY + 1));
        assert!(visit.at.starts_with("2026-11-25T") && visit.agent == household.agent);
        let line = visit_line(&visit, "h9");
        assert!(line.starts_with(r#"{"record":"visit","household":"h9","at":"2026-11-25T"#), "{line}");
        assert!(!visit.note.contains('{'), "a slot was left open");
        refused += u32::from(visit.consent == Consent::Refused);
        assert!(visit.consent == Consent::Given || visit.needs.is_empty());
        words += visit.note.split_whitespace().count();
    }
    assert!((9..=14).contains(&(words / 2_000)), "{words} words in 2000 notes");
    assert!((20..150).contains(&refused));
}
