//! Runs one way in with what was found before, with valid input, and then with mutations until the time is up.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::mutation::{Input, mutated};
use crate::panics;

/// Cases between two looks at the time.
const ROUND: u32 = 8;

/// How much is shown of an input, in characters.
const MOST_SHOWN: usize = 400;

/// One after the other, so that memory and time are those of one.
static TURN: Mutex<()> = Mutex::new(());

/// A way in.
pub(crate) struct Fuzzer {
    /// Of the folder in `corpus/`.
    pub(crate) name: &'static str,
    /// Valid input.
    pub(crate) seeds: Vec<Vec<u8>>,
    /// Words of the grammar.
    pub(crate) words: &'static [&'static [u8]],
}

/// A number from the environment.
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

/// Keeps the case that took longest, with the beginning of its input: what takes long may hold something up.
fn note_slowest(slowest: &mut (Duration, String), took: Duration, input: &Input) {
    if took > slowest.0 {
        *slowest = (took, format!("{input:?}").chars().take(MOST_SHOWN).collect());
    }
}

impl Fuzzer {
    /// Tries all of it with `check`, which panics where something does not hold.
    pub(crate) fn run<Target>(
        self,
        prepare: impl FnOnce() -> Target,
        check: impl Fn(&Target, &[u8]),
    ) {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let target = prepare();
        let mut cases = 0;
        let seeds = self.seeds.iter().map(|seed| ("a seed".into(), seed.clone()));
        for (place, bytes) in self.corpus().into_iter().chain(seeds) {
            let before = panics::count();
            check(&target, &bytes);
            assert_eq!(panics::count(), before, "{} panics", place.display());
            cases += 1;
        }
        let time = Duration::from_secs(number("SALOTTO_FUZZ_SECONDS").unwrap_or(1));
        let seed = number("SALOTTO_FUZZ_SEED").unwrap_or_default();
        let strategy = mutated(self.seeds.clone(), self.words);
        let started = Instant::now();
        let slowest = RefCell::new((Duration::ZERO, String::new()));
        let mut round: u64 = 0;
        while started.elapsed() < time {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&seed.to_le_bytes());
            bytes[8..16].copy_from_slice(&round.to_le_bytes());
            let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
            let config = Config {
                cases: ROUND,
                failure_persistence: None,
                max_shrink_iters: 400,
                ..Config::default()
            };
            let held = TestRunner::new_with_rng(config, random).run(&strategy, |input| {
                let (before, begun) = (panics::count(), Instant::now());
                check(&target, &input.0);
                note_slowest(&mut slowest.borrow_mut(), begun.elapsed(), &input);
                match panics::count() - before {
                    0 => Ok(()),
                    count => Err(TestCaseError::fail(format!("{count} panics"))),
                }
            });
            match held {
                Ok(()) => {}
                Err(TestError::Fail(why, input)) => self.found(&why.to_string(), &input),
                Err(TestError::Abort(why)) => panic!("{}: {why}", self.name),
            }
            cases += ROUND as usize;
            round += 1;
        }
        #[expect(clippy::print_stdout, reason = "`--nocapture` shows the figure")]
        {
            let (took, input) = slowest.into_inner();
            println!("{}: {cases} cases in {:?}", self.name, started.elapsed());
            println!("{}: the slowest took {took:?}: {input}", self.name);
        }
    }

    /// What was found, each with where it lies.
    fn corpus(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(self.name);
        let Ok(files) = fs::read_dir(folder) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = files.map(|file| file.expect("an entry").path()).collect();
        files.sort();
        let read = |path: PathBuf| {
            let bytes = fs::read(&path).expect("a file of the corpus");
            (path, bytes)
        };
        files.into_iter().map(read).collect()
    }

    fn found(&self, why: &str, input: &Input) -> ! {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", self.name));
        fs::write(&file, &input.0).expect("the find is kept");
        panic!(
            "{}: {why}\nwith {input:?}\nkept in {}; put it into tests/tests/fuzz/corpus/{}/ with the fix",
            self.name,
            file.display(),
            self.name
        );
    }
}
