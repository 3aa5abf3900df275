//! A device's readable copy: what is saved stays, what arrives is judged everywhere alike, and what is derived
//! may vanish.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

mod a_clone_registers_another_family;
mod a_document_is_saved_once_however_many_changes_arrive;
mod a_document_that_takes_too_long_waits_and_its_neighbours_go_on;
mod any_order_gives_one_set_of_states;
mod law;
mod recording;
mod software_of_two_schemas_lives_in_one_fleet;
mod station;
mod the_cache_never_holds_more_than_its_bytes;
mod two_branches_under_one_start;
mod what_a_closing_leaves_standing;
mod what_is_shared_reads_the_same;
mod what_is_wrong_is_set_aside_and_its_neighbours_go_on;
mod what_points_back_waits_for_it;
