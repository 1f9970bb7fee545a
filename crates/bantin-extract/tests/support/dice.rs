//! A small generator of our own: what it draws can be had again by its seed, and depends on no crate's choice of numbers.

pub struct Dice(pub u64);

impl Dice {
    /// Less than `sides`; 0 for none.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides.max(1) as u64).expect("it fits")
    }
}
