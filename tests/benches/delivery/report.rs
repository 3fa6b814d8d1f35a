//! The results: a table for the terminal, one for Markdown, and a chart.

use std::fmt::Write;

/// One figure.
pub(crate) struct Row {
    scenario: String,
    measure: String,
    unit: &'static str,
    ours: f64,
    limit: Option<f64>,
    ratio: Option<Ratio>,
    target: Option<Target>,
    higher_is_better: bool,
    flagged: bool,
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
    /// Measured in pairs, ours and the limit.
    pub(crate) fn ratio(
        scenario: &str,
        measure: &str,
        unit: &'static str,
        pairs: &[(f64, f64)],
    ) -> Self {
        let (ours, limit): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let ratios: Vec<f64> = pairs.iter().map(|(ours, limit)| ours / limit).collect();
        let ratio = Ratio {
            middle: median(&ratios),
            lowest: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            highest: ratios.iter().copied().fold(0.0, f64::max),
        };
        let row = Self::ours(scenario, measure, unit, median(&ours));
        Self { limit: Some(median(&limit)), ratio: Some(ratio), ..row }
    }

    /// Measured once for each.
    pub(crate) fn both(
        scenario: &str,
        measure: &str,
        unit: &'static str,
        ours: f64,
        limit: f64,
    ) -> Self {
        Self { limit: Some(limit), ..Self::ours(scenario, measure, unit, ours) }
    }

    /// Measured for ours alone.
    pub(crate) fn ours(scenario: &str, measure: &str, unit: &'static str, ours: f64) -> Self {
        Self {
            scenario: scenario.into(),
            measure: measure.into(),
            unit,
            ours,
            limit: None,
            ratio: None,
            target: None,
            higher_is_better: false,
            flagged: false,
        }
    }

    pub(crate) fn target(self, target: Target) -> Self {
        Self { target: Some(target), ..self }
    }

    pub(crate) fn higher_is_better(self) -> Self {
        Self { higher_is_better: true, ..self }
    }

    /// Marks a figure for which the load generator was the bottleneck.
    pub(crate) fn flag(self, flagged: bool) -> Self {
        Self { flagged, ..self }
    }

    fn is_reached(&self) -> Option<bool> {
        Some(match self.target? {
            Target::RatioAtMost(most) => self.ratio?.middle <= most,
            Target::AtMost(most) => self.ours <= most,
            Target::AtLeast(least) => self.ours >= least,
        })
    }

    fn cells(&self) -> [String; 7] {
        let verdict = match self.is_reached() {
            None => "",
            Some(true) => "reached",
            Some(false) => "missed",
        };
        let flag = if self.flagged { " load generator was the bottleneck" } else { "" };
        let with_unit = |value| format!("{} {}", shown(value), self.unit).trim_end().to_owned();
        [
            self.scenario.clone(),
            self.measure.clone(),
            with_unit(self.ours),
            self.limit.map(with_unit).unwrap_or_default(),
            self.ratio.map_or(String::new(), |Ratio { middle, lowest, highest }| {
                format!("{middle:.2} ({lowest:.2} to {highest:.2})")
            }),
            self.target.map_or(String::new(), |target| match target {
                Target::RatioAtMost(most) => format!("ratio ≤ {most}"),
                Target::AtMost(most) => format!("≤ {}", shown(most)),
                Target::AtLeast(least) => format!("≥ {}", shown(least)),
            }),
            format!("{verdict}{flag}"),
        ]
    }
}

const HEADER: [&str; 7] = ["scenario", "measure", "Salotto", "limit", "ratio", "target", ""];

/// Columns for a terminal.
pub(crate) fn table(rows: &[Row]) -> String {
    let cells = all_cells(rows);
    let widths: [usize; 7] = std::array::from_fn(|column| {
        cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let mut out = String::new();
    for row in &cells {
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(out, "{cell:width$}  ");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

/// The same for a page.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut out = String::new();
    for (index, row) in all_cells(rows).iter().enumerate() {
        let _ = writeln!(out, "| {} |", row.join(" | "));
        if index == 0 {
            out.push_str("|---|---|---:|---:|---:|---:|---|\n");
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
        let (ours, limit) = (shown(row.ours), shown(row.limit.unwrap_or(f64::NAN)));
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

fn all_cells(rows: &[Row]) -> Vec<[String; 7]> {
    std::iter::once(HEADER.map(str::to_owned)).chain(rows.iter().map(Row::cells)).collect()
}

/// Three digits are all that such a measurement gives.
fn shown(value: f64) -> String {
    match value.abs() {
        size if size == 0.0 || size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
