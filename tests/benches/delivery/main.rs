//! How close delivery comes to what the kernel allows: our server and a bare epoll broadcast, measured in turn in one run,
//! and IRC servers where they are asked for.
//!
//! `cargo bench -p salotto-tests --bench delivery` takes some minutes; `-- --quick` less than one. Everything stays on loopback, the
//! servers are child processes of this one and end with it. docs/performance.md says how to read the figures.

mod ircd;
mod kernel;
mod limit;
mod load;
mod process;
mod report;
mod room;
mod scenarios;
mod speech;
mod usage;

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Parser;

use process::{Kind, Other, Own};
use scenarios::{ALL, Plan};

#[derive(Debug, Parser)]
#[command(about = "Measures delivery against a bare epoll broadcast")]
struct Arguments {
    /// Fewer and shorter runs, for development
    #[arg(long)]
    quick: bool,
    /// Runs only these scenarios: busy-200, busy-1000, calm, kept, paced, idle, storm, queue, stalled, flooded-200, flooded-10, large, nameless
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Measures these servers too, where they are installed, as far as they can be compared
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    with: Vec<Other>,
    /// Counts the system calls of busy and calm too, with `strace -c`
    #[arg(long)]
    strace: bool,
    /// Prints the table as Markdown
    #[arg(long)]
    markdown: bool,
    /// Writes a chart of the ratios
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// Is a server instead; used by the benchmark itself
    #[arg(long, hide = true)]
    serve: Option<Own>,
    /// Becomes a server of others; used by the benchmark itself
    #[arg(long, hide = true, num_args = 1.., allow_hyphen_values = true)]
    run: Vec<String>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let files = process::raise_open_files()?;
    if let Some(own) = arguments.serve {
        return process::serve(own);
    }
    if !arguments.run.is_empty() {
        return process::run(&arguments.run);
    }
    let unknown = |name: &&String| !ALL.iter().any(|scenario| scenario.name == **name);
    if let Some(name) = arguments.only.iter().find(unknown) {
        return Err(format!("there is no scenario `{name}`; see --help").into());
    }
    if files < 16_384 {
        writeln!(io::stderr(), "only {files} files may be open; large rooms will fail")?;
    }
    let Arguments { quick, strace, with: others, .. } = arguments;
    let plan = Plan { quick, strace, others };
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    for scenario in ALL {
        let wanted = match arguments.only.as_slice() {
            [] => !(quick && scenario.waits),
            only => only.iter().any(|name| name == scenario.name),
        };
        if !wanted {
            continue;
        }
        writeln!(io::stderr(), "{} …", scenario.name)?;
        // What one scenario cannot tell, the others still can.
        match (scenario.run)(&plan) {
            Ok(figures) => rows.extend(figures),
            Err(error) => failed.push(format!("{}: {error}", scenario.name)),
        }
    }
    let servers: Vec<&str> = plan.servers().into_iter().map(Kind::name).collect();
    let table = match arguments.markdown {
        true => report::markdown(&servers, &rows),
        false => report::table(&servers, &rows),
    };
    write!(io::stdout(), "{table}")?;
    if let Some(path) = arguments.chart {
        // Cargo runs benchmarks in the folder of their package; a path is meant from the workspace.
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        std::fs::write(&path, report::chart(&rows)).map_err(|error| {
            format!("the chart cannot be written to `{}`: {error}", path.display())
        })?;
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(failed.join("; ").into()),
    }
}
