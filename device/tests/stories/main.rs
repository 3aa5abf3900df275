//! Stories of tablets on real directories, with a relay in this process, over real QUIC.

mod a_clock_that_is_wrong_is_set_right_beside_what_it_said;
mod bad_input;
mod command;
mod enrolment;
mod families_and_referrals;
mod recording;
mod syncing;
mod what_few_may_read_stands_apart;
mod what_is_derived_is_read_again_from_the_journal;
mod what_is_held_back_can_be_looked_at;
mod world;
