//! One life of a tablet in a process of its own, which is this test program started once more: it opens the tablet, or
//! makes it, saves visits, and writes down each that was answered as saved, until somebody kills it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use khettara_device::{Cancel, Device, DeviceError, ImportEvent, RecordKind, Saved};
use khettara_tests::Chance;
use uuid::Uuid;

use crate::notes::{Told, draw_id, faults_of, household_line, number_of, visit_line};

/// The test in which such a life is lived.
const NAME: &str = "life::a_tablet_lives";
const PLAN: &str = "KHETTARA_AXE_PLAN";
/// Visits to one household: with the longest notes its document stays below its limit.
const VISITS_TO_ONE: u64 = 12;

/// What a life is to be.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Plan {
    pub(crate) dir: PathBuf,
    /// Where what was answered is written down, line by line.
    pub(crate) answers: PathBuf,
    pub(crate) ticket: String,
    pub(crate) seed: u64,
    pub(crate) note_bytes: usize,
    /// After so many visits it closes the tablet and ends by itself.
    pub(crate) visits_max: u64,
    /// Saves by files of lines instead of form by form.
    pub(crate) imports: bool,
    /// Syncs whenever it has visited a household.
    pub(crate) syncs: bool,
}

/// The shim, and what it is told.
pub(crate) struct Shim<'a> {
    pub(crate) library: &'a Path,
    pub(crate) log: &'a Path,
    /// The process kills itself before this operation; 0: never.
    pub(crate) operations: u64,
    /// And before this sync, which leaves something that no sync confirmed; 0: never.
    pub(crate) syncs: u64,
}

impl Shim<'_> {
    /// Has a process that is about to start write down what it does below `root`.
    pub(crate) fn load(&self, command: &mut Command, root: &Path) {
        command.env("LD_PRELOAD", self.library).env("KHETTARA_SHIM_LOG", self.log);
        command.env("KHETTARA_SHIM_ROOT", root);
        command.env("KHETTARA_SHIM_OPS", self.operations.to_string());
        command.env("KHETTARA_SHIM_SYNCS", self.syncs.to_string());
    }
}

impl Plan {
    /// Starts the process.
    pub(crate) fn start(&self, shim: Option<&Shim<'_>>) -> Child {
        let mut command = Command::new(std::env::current_exe().expect("this test has a path"));
        command.args([NAME, "--exact", "--test-threads=1"]);
        command.env(PLAN, serde_json::to_string(self).expect("a plan is JSON"));
        if let Some(shim) = shim {
            shim.load(&mut command, &self.dir);
        }
        let said = File::create(self.answers.with_extension("said")).expect("the disk works");
        let errors = said.try_clone().expect("a handle");
        spawn(command.stdin(Stdio::null()).stdout(said).stderr(errors))
    }

    /// What it was answered before it was killed. A line cut short was not answered.
    pub(crate) fn answers(&self) -> Answers {
        let text = std::fs::read_to_string(&self.answers).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut answers = Answers::default();
        for line in whole.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let id = |at: usize| -> Uuid { words[at].parse().expect("an id") };
            match words[0] {
                "made" => answers.made = true,
                "enrolled" => answers.enrolled = true,
                "household" => answers.households.push(id(1)),
                "visit" => answers.visits.push(Told {
                    household: id(1),
                    visit: id(2),
                    word: words[3].parse().expect("a number"),
                }),
                "failed" => answers.failed = Some(line.into()),
                other => panic!("the tablet wrote {other}"),
            }
        }
        answers
    }
}

/// Starts a process, one at a time: until it runs its own program it has the files of this one open, and with them the
/// locks of stores that another thread is about to let go.
pub(crate) fn spawn(command: &mut Command) -> Child {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    command.spawn().expect("starts")
}

/// What a tablet was answered.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) made: bool,
    pub(crate) enrolled: bool,
    pub(crate) households: Vec<Uuid>,
    pub(crate) visits: Vec<Told>,
    /// A call that failed: on a disk that works none may.
    pub(crate) failed: Option<String>,
}

/// As a story, the life of a tablet that nobody kills. As a process that another story started, the life it was given.
#[test]
fn a_tablet_lives() {
    if let Ok(plan) = std::env::var(PLAN) {
        return Life::of(&serde_json::from_str(&plan).expect("a plan"));
    }
    let folder = tempfile::tempdir().expect("the disk works");
    let ticket = crate::tablet::ticket(&folder.path().join("headquarters"));
    let (dir, answers) = (folder.path().join("tablet"), folder.path().join("answers"));
    for imports in [false, true] {
        let plan = Plan {
            dir: dir.clone(),
            answers: answers.clone(),
            ticket: ticket.clone(),
            seed: u64::from(imports),
            note_bytes: 200,
            visits_max: 30,
            imports,
            syncs: false,
        };
        Life::of(&plan);
        let answers = plan.answers();
        let households = answers.households.iter().copied().collect();
        assert_eq!(answers.failed, None);
        assert_eq!(answers.visits.len(), if imports { 72 } else { 36 }, "whole households");
        let (device, mended) = Device::open(&dir).expect("opens");
        assert_eq!((faults_of(&device, &answers.visits, &households), mended), (vec![], vec![]));
    }
}

struct Life {
    chance: Chance,
    file: File,
    visits: u64,
}

impl Life {
    fn of(plan: &Plan) {
        let file = OpenOptions::new().create(true).append(true).open(&plan.answers).expect("the disk works");
        let mut life = Self { chance: Chance::new(plan.seed), file, visits: 0 };
        if let Err(error) = life.live(plan) {
            life.say(&format!("failed {error}"));
        }
    }

    fn say(&mut self, line: &str) {
        self.file.write_all(format!("{line}\n").as_bytes()).expect("the disk works");
    }

    fn live(&mut self, plan: &Plan) -> Result<(), DeviceError> {
        let device = if plan.dir.join("keys").exists() {
            Device::open(&plan.dir)?.0
        } else {
            Device::init(&plan.dir)?
        };
        self.say("made");
        if matches!(device.own_visits(), Err(DeviceError::NotEnrolled)) {
            device.enroll(&plan.ticket)?;
        }
        self.say("enrolled");
        while self.visits < plan.visits_max {
            let household = draw_id(&mut self.chance);
            let mut lines = vec![household_line(&household)];
            for _ in 0..VISITS_TO_ONE {
                lines.push(visit_line(&household, self.chance.word(), plan.note_bytes));
            }
            if plan.imports {
                // An import tells of a line when it is durable, and of all in their order.
                let mut told = lines.iter();
                let on = &mut |event: ImportEvent<'_>| match event {
                    ImportEvent::Saved(saved) => self.tell(saved, told.next().expect("one of ours")),
                    ImportEvent::Refused(refused) => panic!("{refused}"),
                    ImportEvent::Progress(_) => {}
                };
                device.import(lines.join("\n").as_bytes(), on)?;
            } else {
                for line in &lines {
                    let saved = device.record_line(line)?;
                    self.tell(&saved, line);
                }
            }
            if plan.syncs {
                // A sync that is broken off is one that somebody killed, or the relay's business.
                let _ = device.sync(&Cancel::default(), &mut |_| {});
            }
        }
        Ok(())
    }

    /// Writes down what was saved.
    fn tell(&mut self, saved: &Saved, line: &str) {
        let household = Uuid::from_bytes(saved.document.0);
        let visit = saved.records.iter().find(|record| record.kind == RecordKind::Visit);
        match visit {
            Some(visit) => {
                let note = line.rsplit('"').nth(1).expect("a visit ends with its note");
                let word = number_of(note).expect("a note of ours");
                self.visits += 1;
                self.say(&format!("visit {household} {} {word}", visit.id));
            }
            None => self.say(&format!("household {household}")),
        }
    }
}
