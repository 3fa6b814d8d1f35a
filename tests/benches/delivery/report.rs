//! The results: a table for the terminal, one for Markdown, and a chart.

use std::fmt::Write;

use crate::usage::Caveats;

/// One figure.
pub(crate) struct Row {
    scenario: String,
    measure: String,
    unit: &'static str,
    /// Of each server, ours first, then the limit, then others; NaN or missing where there is none.
    values: Vec<f64>,
    ratio: Option<Ratio>,
    target: Option<Target>,
    higher_is_better: bool,
    caveats: Caveats,
}

/// Ours to the limit: the middle of the pairs, and the lowest and the highest.
#[derive(Debug, Clone, Copy)]
struct Ratio {
    middle: f64,
    lowest: f64,
    highest: f64,
}

/// What is to be reached.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    RatioAtMost(f64),
    AtMost(f64),
    AtLeast(f64),
}

impl Row {
    /// Measured round by round, for each server in turn.
    pub(crate) fn ratio(
        scenario: &str,
        measure: &str,
        unit: &'static str,
        rounds: &[Vec<f64>],
    ) -> Self {
        let values: Vec<f64> = rounds.iter().map(|values| median(values)).collect();
        let ratio = rounds.first().zip(rounds.get(1)).map(|(ours, limit)| {
            let ratios: Vec<f64> =
                ours.iter().zip(limit).map(|(ours, limit)| ours / limit).collect();
            Ratio {
                middle: median(&ratios),
                lowest: ratios.iter().copied().fold(f64::INFINITY, f64::min),
                highest: ratios.iter().copied().fold(0.0, f64::max),
            }
        });
        Self { ratio, ..Self::new(scenario, measure, unit, &values) }
    }

    /// One value of each server, or of the first ones.
    pub(crate) fn new(scenario: &str, measure: &str, unit: &'static str, values: &[f64]) -> Self {
        Self {
            scenario: scenario.into(),
            measure: measure.into(),
            unit,
            values: values.to_vec(),
            ratio: None,
            target: None,
            higher_is_better: false,
            caveats: Caveats::default(),
        }
    }

    pub(crate) fn target(self, target: Target) -> Self {
        Self { target: Some(target), ..self }
    }

    pub(crate) fn higher_is_better(self) -> Self {
        Self { higher_is_better: true, ..self }
    }

    /// Marks a figure that is to be read with care.
    pub(crate) fn with(self, caveats: Caveats) -> Self {
        Self { caveats, ..self }
    }

    fn ours(&self) -> f64 {
        self.values.first().copied().unwrap_or(f64::NAN)
    }

    fn is_reached(&self) -> Option<bool> {
        Some(match self.target? {
            Target::RatioAtMost(most) => self.ratio?.middle <= most,
            Target::AtMost(most) => self.ours() <= most,
            Target::AtLeast(least) => self.ours() >= least,
        })
    }

    fn with_unit(&self, value: f64) -> String {
        format!("{} {}", shown(value), self.unit).trim_end().to_owned()
    }

    fn cells(&self, servers: usize) -> Vec<String> {
        let verdict = match self.is_reached() {
            None => "",
            Some(true) => "reached",
            Some(false) => "missed",
        };
        let Caveats { load, others } = self.caveats;
        let notes = [
            verdict,
            if load { "load generator was the bottleneck" } else { "" },
            if others { "others used the machine" } else { "" },
        ];
        let notes: Vec<&str> = notes.into_iter().filter(|note| !note.is_empty()).collect();
        let value = |index: usize| match self.values.get(index) {
            Some(value) if !f64::is_nan(*value) => self.with_unit(*value),
            _ => String::new(),
        };
        let mut cells = vec![self.scenario.clone(), self.measure.clone()];
        cells.extend((0..servers).map(value));
        cells.push(self.ratio.map_or(String::new(), |Ratio { middle, lowest, highest }| {
            format!("{middle:.2} ({lowest:.2} to {highest:.2})")
        }));
        cells.push(self.target.map_or(String::new(), |target| match target {
            Target::RatioAtMost(most) => format!("ratio ≤ {most}"),
            Target::AtMost(most) => format!("≤ {}", shown(most)),
            Target::AtLeast(least) => format!("≥ {}", shown(least)),
        }));
        cells.push(notes.join(", "));
        cells
    }
}

/// Columns for a terminal. `servers` are the names of those measured, in the order of the values.
pub(crate) fn table(servers: &[&str], rows: &[Row]) -> String {
    let cells = all_cells(servers, rows);
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..cells[0].len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in &cells {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(out, "{cell:width$}  ");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

/// The same for a page.
pub(crate) fn markdown(servers: &[&str], rows: &[Row]) -> String {
    let mut out = String::new();
    for (index, row) in all_cells(servers, rows).iter().enumerate() {
        let _ = writeln!(out, "| {} |", row.join(" | "));
        if index == 0 {
            let numbers = "---:|".repeat(servers.len() + 2);
            let _ = writeln!(out, "|---|---|{numbers}---|");
        }
    }
    out
}

/// Everything that was compared with the limit, as bars: the limit is 1.
pub(crate) fn chart(rows: &[Row]) -> String {
    const WIDTH: f64 = 760.0;
    const LEFT: f64 = 330.0;
    const STEP: f64 = 44.0;
    const TOP: f64 = 64.0;
    let compared: Vec<(&Row, Ratio)> = rows
        .iter()
        .filter(|row| !row.higher_is_better)
        .filter_map(|row| Some((row, row.ratio?)))
        .collect();
    let longest = compared.iter().map(|(_, ratio)| ratio.middle).fold(2.0, f64::max);
    let scale = (WIDTH - LEFT - 70.0) / longest;
    let height = TOP + STEP * compared.len() as f64 + 12.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"13\" fill=\"#1f2328\">\n<rect width=\"{WIDTH}\" height=\"{height}\" rx=\"8\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"28\" font-size=\"16\" font-weight=\"600\">What Salotto takes, as a multiple of a bare epoll \
         broadcast</text>\n"
    );
    for (index, (row, ratio)) in compared.iter().enumerate() {
        let y = TOP + STEP * index as f64;
        let (text, middle, end) = (y + 17.0, ratio.middle, LEFT + ratio.middle * scale);
        let unit = row.unit;
        let limit = shown(row.values.get(1).copied().unwrap_or(f64::NAN));
        let ours = shown(row.ours());
        let _ = writeln!(
            out,
            "<text x=\"16\" y=\"{text}\">{}</text><text x=\"16\" y=\"{}\" font-size=\"11\" fill=\"#59636e\">{}: {ours} {unit}, \
             limit {limit} {unit}</text>\n<rect x=\"{LEFT}\" y=\"{}\" width=\"{:.1}\" height=\"22\" rx=\"3\" fill=\"#4f7cac\"/>\
             <text x=\"{:.1}\" y=\"{text}\">{middle:.2}</text>",
            row.scenario,
            text + 15.0,
            row.measure,
            y + 2.0,
            middle * scale,
            end + 6.0,
        );
        if let Some(Target::RatioAtMost(most)) = row.target {
            let x = LEFT + most * scale;
            let _ = writeln!(
                out,
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{}\" y2=\"{}\" stroke=\"#bf8700\" stroke-width=\"2\"/>",
                y - 2.0,
                y + 28.0
            );
        }
    }
    let (one, bottom) = (LEFT + scale, height - 12.0);
    let _ = writeln!(
        out,
        "<line x1=\"{one:.1}\" x2=\"{one:.1}\" y1=\"52\" y2=\"{bottom}\" stroke=\"#1f2328\" stroke-dasharray=\"3 3\"/>\n\
         <text x=\"{one:.1}\" y=\"48\" text-anchor=\"middle\" font-size=\"11\">the limit</text>\n\
         <text x=\"{}\" y=\"48\" text-anchor=\"end\" font-size=\"11\" fill=\"#9a6700\">| to reach</text>\n</svg>",
        WIDTH - 16.0
    );
    out
}

/// The middle value.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => (sorted[count / 2 - 1] + sorted[count / 2]) / 2.0,
    }
}

fn all_cells(servers: &[&str], rows: &[Row]) -> Vec<Vec<String>> {
    let columns = ["scenario", "measure"].iter().chain(servers).chain(&["ratio", "target", ""]);
    let header = columns.map(|&column| column.to_owned()).collect();
    std::iter::once(header).chain(rows.iter().map(|row| row.cells(servers.len()))).collect()
}

/// Three digits are all that such a measurement gives.
fn shown(value: f64) -> String {
    match value.abs() {
        size if size.is_infinite() => "never".into(),
        size if size == 0.0 || size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
