use anstyle::Style;
use console::{Alignment, measure_text_width, pad_str};

const HEADER: Style = Style::new().bold();

/// The alignment of a column. Numbers are aligned to the right.
pub(crate) use console::Alignment::{Left, Right};

/// A table with a header. Each column is as wide as its widest cell.
pub(crate) struct Table<const N: usize> {
    header: [(&'static str, Alignment); N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(header: [(&'static str, Alignment); N], rows: Vec<[String; N]>) -> Self {
        Self { header, rows }
    }

    /// Returns the header line and the rows. `None` if the table is wider than `columns`.
    pub(crate) fn lines(&self, columns: Option<usize>) -> Option<Vec<String>> {
        let widths = self.widths();
        let total = widths.iter().sum::<usize>() + 2 * (N - 1);
        if columns.is_some_and(|columns| total > columns) {
            return None;
        }
        let header = self.line(&self.header.map(|(name, _)| name), &widths);
        let rows = self.rows.iter().map(|row| self.line(&row.each_ref().map(String::as_str), &widths));
        Some([format!("{HEADER}{header}{HEADER:#}")].into_iter().chain(rows).collect())
    }

    fn widths(&self) -> [usize; N] {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| measure_text_width(&row[column]));
            cells.chain([self.header[column].0.len()]).max().unwrap_or_default()
        };
        std::array::from_fn(width)
    }

    fn line(&self, cells: &[&str; N], widths: &[usize; N]) -> String {
        let padded = cells.iter().zip(&self.header).zip(widths);
        let padded = padded.map(|((cell, (_, alignment)), &width)| pad_str(cell, width, *alignment, None));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_the_width_of_their_cells() {
        let row = |name: &str, size: &str| [name.to_owned(), size.to_owned()];
        let table = Table::new(
            [("NAME", Left), ("SIZE", Right)],
            vec![row("a.css", "9 B"), row("日本.css", "318 kB"), row("é", "")],
        );
        let lines = table.lines(None).unwrap();
        assert_eq!(lines[0], format!("{HEADER}NAME        SIZE{HEADER:#}"));
        assert_eq!(lines[1..], ["a.css        9 B", "日本.css  318 kB", "é"]);
        assert_eq!((table.lines(Some(16)).is_some(), table.lines(Some(15)).is_some()), (true, false));
    }
}
