//! Columns by day, as numbers for an inline SVG and for the table beside it that says the same.

use chrono::NaiveDate;
use serde::Serialize;

/// Of the drawing, in its own units; the page scales it.
const WIDTH: u32 = 720;
const HEIGHT: u32 = 160;
/// Below the columns, for the days.
const FOOT: u32 = 20;
const HEAD: u32 = 14;
const LEFT: u32 = 44;

#[derive(Debug, Serialize, PartialEq)]
pub struct Chart {
    pub width: u32,
    pub height: u32,
    pub base: u32,
    pub left: u32,
    /// Lines across, with their numbers.
    pub lines: Vec<ChartLine>,
    pub columns: Vec<ChartColumn>,
    pub total: u64,
    pub total_more: u64,
}

#[derive(Debug, Serialize, PartialEq)]
pub struct ChartLine {
    pub y: u32,
    pub number: u64,
}

#[derive(Debug, Serialize, PartialEq)]
pub struct ChartColumn {
    /// `DD/MM`.
    pub day: String,
    /// `YYYY-MM-DD`.
    pub date: String,
    pub number: u64,
    /// A second number, drawn on top of the first.
    pub more: u64,
    pub x: u32,
    pub width: u32,
    pub y: u32,
    pub height: u32,
    pub more_y: u32,
    pub more_height: u32,
    /// Whether the day is written below it.
    pub told: bool,
}

/// One column for each day, oldest first.
pub fn chart(days: &[(NaiveDate, u64, u64)]) -> Chart {
    let most = days.iter().map(|(_, number, more)| number + more).max().unwrap_or(0);
    let top = round_up(most.max(1));
    let base = HEIGHT - FOOT;
    let room = u64::from(base - HEAD);
    let tall = |number: u64| u32::try_from(number * room / top).unwrap_or(0);
    // A number above 0 is always visible, however small it is next to the others.
    let tall = |number: u64| if number > 0 { tall(number).max(2) } else { 0 };
    let count = u32::try_from(days.len().max(1)).unwrap_or(1);
    let step = (WIDTH - LEFT) / count;
    let columns = (0..).zip(days).map(|(nth, (day, number, more))| {
        let (height, more_height) = (tall(*number), tall(*more));
        ChartColumn {
            day: day.format("%d/%m").to_string(),
            date: day.to_string(),
            number: *number,
            more: *more,
            x: LEFT + nth * step,
            width: step.saturating_sub(3).max(1),
            y: base - height,
            height,
            more_y: (base - height).saturating_sub(more_height),
            more_height,
            told: (count - 1 - nth) % 7 == 0,
        }
    });
    let lines = [0, top.div_ceil(2), top];
    Chart {
        width: WIDTH,
        height: HEIGHT,
        base,
        left: LEFT,
        lines: lines
            .iter()
            .map(|&number| ChartLine { y: base - tall_line(number, top, room), number })
            .collect(),
        columns: columns.collect(),
        total: days.iter().map(|(_, number, _)| number).sum(),
        total_more: days.iter().map(|(_, _, more)| more).sum(),
    }
}

fn tall_line(number: u64, top: u64, room: u64) -> u32 {
    u32::try_from(number * room / top).unwrap_or(0)
}

/// The next of 2, 4, 10, 20, 40, 100 …: half of it is whole too.
fn round_up(most: u64) -> u64 {
    let mut unit: u64 = 1;
    loop {
        for step in [2, 4, 10] {
            if unit.saturating_mul(step) >= most {
                return unit.saturating_mul(step);
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_on_the_line_and_below_the_top() {
        let day = |n: u32| NaiveDate::from_ymd_opt(2020, 5, n).expect("a day");
        let chart = chart(&[(day(1), 0, 0), (day(2), 90, 3), (day(3), 1, 0)]);
        assert_eq!(chart.lines.iter().map(|line| line.number).collect::<Vec<_>>(), [0, 50, 100]);
        for column in &chart.columns {
            assert_eq!(column.y + column.height, chart.base);
            assert!(column.more_y >= HEAD - 2 && column.x + column.width <= chart.width);
        }
        assert_eq!(chart.columns[0].height, 0);
        assert_eq!(chart.columns[2].height, 2, "one is seen beside ninety");
        assert_eq!((chart.total, chart.total_more), (91, 3));
    }

    #[test]
    fn no_day_and_a_huge_one_are_drawn() {
        assert!(chart(&[]).columns.is_empty());
        let day = NaiveDate::from_ymd_opt(2020, 5, 1).expect("a day");
        assert_eq!(chart(&[(day, 1 << 40, 0)]).columns.len(), 1);
    }
}
