//! Stories. Each file is one sentence that must be true.

mod a_visit_reaches_headquarters;
mod two_tablets_meet_and_one_carries_the_others_work;
