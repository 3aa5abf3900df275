//! Boundaries of communes and uniform points inside them, in whole 1e-5 degrees.

use super::chance::Chance;
use super::household::Gps;

/// Draws before a point is given up for a corner of the polygon; every polygon shipped fills over a tenth of its box.
const DRAWS_MAX: u32 = 400;

/// A closed ring of `(lat_e5, lon_e5)` corners. Indicative only, never a legal boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polygon {
    ring: Vec<(i32, i32)>,
}

impl Polygon {
    /// A polygon of at least three corners in 1e-5 degrees, `None` for fewer.
    pub fn new(ring: Vec<(i32, i32)>) -> Option<Self> {
        (ring.len() >= 3).then_some(Self { ring })
    }

    /// The corners as `(lat_e5, lon_e5)`.
    pub fn corners(&self) -> &[(i32, i32)] {
        &self.ring
    }

    /// Whether the point lies inside (even-odd rule, whole numbers only).
    pub fn contains(&self, lat_e5: i32, lon_e5: i32) -> bool {
        let (lat, lon) = (i64::from(lat_e5), i64::from(lon_e5));
        let mut inside = false;
        let mut previous = self.ring[self.ring.len() - 1];
        for &corner in &self.ring {
            let (lat_a, lon_a) = (i64::from(previous.0), i64::from(previous.1));
            let (lat_b, lon_b) = (i64::from(corner.0), i64::from(corner.1));
            if (lat_a > lat) != (lat_b > lat) {
                let span = lat_b - lat_a;
                let side = (lon - lon_a) * span - (lon_b - lon_a) * (lat - lat_a);
                inside ^= (side < 0) == (span > 0);
            }
            previous = corner;
        }
        inside
    }

    /// The box around it: lowest and highest `(lat_e5, lon_e5)`.
    pub fn bounds(&self) -> ((i32, i32), (i32, i32)) {
        self.ring.iter().fold(((i32::MAX, i32::MAX), (i32::MIN, i32::MIN)), |(low, high), corner| {
            ((low.0.min(corner.0), low.1.min(corner.1)), (high.0.max(corner.0), high.1.max(corner.1)))
        })
    }

    /// A point uniform inside, with a plausible accuracy of a tablet's receiver.
    pub fn point(&self, chance: &mut Chance) -> Gps {
        let (low, high) = self.bounds();
        let accuracy_m = chance.between(3, 30);
        for _ in 0..DRAWS_MAX {
            let lat_e5 = low.0 + chance.below(high.0.abs_diff(low.0)) as i32;
            let lon_e5 = low.1 + chance.below(high.1.abs_diff(low.1)) as i32;
            if self.contains(lat_e5, lon_e5) {
                return Gps { lat_e5, lon_e5, accuracy_m };
            }
        }
        Gps { lat_e5: self.ring[0].0, lon_e5: self.ring[0].1, accuracy_m }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_inside_exactly_where_the_drawing_says() {
        let bay = Polygon::new(vec![
            (0, 0),
            (0, 100),
            (100, 100),
            (100, 60),
            (40, 60),
            (40, 40),
            (100, 40),
            (100, 0),
        ])
        .expect("eight corners");
        assert!(bay.contains(20, 50));
        assert!(bay.contains(80, 20) && bay.contains(80, 80));
        assert!(!bay.contains(80, 50), "the bay itself is outside");
        assert!(!bay.contains(50, 150) && !bay.contains(-1, 50));
        assert!(Polygon::new(vec![(0, 0), (1, 1)]).is_none());
    }
}
