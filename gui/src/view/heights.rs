//! The heights of all rows of a conversation, with the sum of the first so many and the row at a height in logarithmic time
//! (a Fenwick tree). 6 bytes a row; whole points, so that no rounding adds up.

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Heights {
    each: Vec<u16>,
    /// At `i`: the sum of the `lowest bit of i + 1` rows that end with row `i`.
    tree: Vec<u32>,
}

/// How many rows a node of the tree sums.
fn rows_of_node(index: usize) -> usize {
    let number = index + 1;
    number & number.wrapping_neg()
}

impl Heights {
    pub(super) fn len(&self) -> usize {
        self.each.len()
    }

    pub(super) fn clear(&mut self) {
        self.each.clear();
        self.tree.clear();
    }

    pub(super) fn get(&self, index: usize) -> u32 {
        self.each.get(index).copied().unwrap_or_default().into()
    }

    pub(super) fn push(&mut self, height: u32) {
        let height = u16::try_from(height).unwrap_or(u16::MAX);
        let index = self.each.len();
        let mut sum = u32::from(height);
        let mut step = 1;
        while step < rows_of_node(index) {
            sum += self.tree[index - step];
            step *= 2;
        }
        self.each.push(height);
        self.tree.push(sum);
    }

    pub(super) fn set(&mut self, index: usize, height: u32) {
        let height = u16::try_from(height).unwrap_or(u16::MAX);
        let Some(old) = self.each.get_mut(index) else { return };
        let change = i64::from(height) - i64::from(*old);
        *old = height;
        let mut at = index;
        while at < self.tree.len() && change != 0 {
            self.tree[at] = (i64::from(self.tree[at]) + change) as u32;
            at += rows_of_node(at);
        }
    }

    /// What the first `count` rows take.
    pub(super) fn before(&self, count: usize) -> u32 {
        let mut sum = 0;
        let mut left = count.min(self.tree.len());
        while left > 0 {
            sum += self.tree[left - 1];
            left -= rows_of_node(left - 1);
        }
        sum
    }

    pub(super) fn total(&self) -> u32 {
        self.before(self.each.len())
    }

    /// The row that is this far down; the last one for what is further.
    pub(super) fn at(&self, mut y: u32) -> usize {
        let mut index = 0;
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            if index + step <= self.tree.len() && self.tree[index + step - 1] <= y {
                index += step;
                y -= self.tree[index - 1];
            }
            step /= 2;
        }
        index.min(self.each.len().saturating_sub(1))
    }

    /// Forgets the first rows.
    pub(super) fn cut_front(&mut self, count: usize) {
        self.each.drain(..count.min(self.each.len()));
        self.sum_up();
    }

    /// Puts so many rows of no height before the row `index`, of which there has to be one, or the end.
    pub(super) fn insert(&mut self, index: usize, count: usize) {
        self.each.splice(index..index, std::iter::repeat_n(0, count));
        self.sum_up();
    }

    fn sum_up(&mut self) {
        self.tree.clear();
        let each = std::mem::take(&mut self.each);
        each.into_iter().for_each(|height| self.push(height.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_searches_agree_with_counting() {
        let mut heights = Heights::default();
        let mut plain: Vec<u32> = Vec::new();
        let mut state = 1_u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        for round in 0..600 {
            if round == 300 {
                heights.cut_front(123);
                plain.drain(..123);
            }
            if round % 100 == 50 {
                let index = random(plain.len() as u32 + 1) as usize;
                heights.insert(index, 7);
                plain.splice(index..index, [0; 7]);
            }
            let height = random(60);
            heights.push(height);
            plain.push(height);
            let index = random(plain.len() as u32) as usize;
            let height = random(60);
            heights.set(index, height);
            plain[index] = height;
            let count = random(plain.len() as u32 + 1) as usize;
            assert_eq!(heights.before(count), plain[..count].iter().sum::<u32>());
            let y = random(heights.total().max(1));
            let mut past = 0;
            let expected = plain
                .iter()
                .position(|height| {
                    past += height;
                    past > y
                })
                .unwrap_or(plain.len() - 1);
            assert_eq!(heights.at(y), expected, "round {round}");
        }
    }
}
