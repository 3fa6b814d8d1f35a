//! A word for each byte: short, known to children, and none that begins or sounds like another.

/// In alphabetical order.
#[rustfmt::skip]
pub(super) const WORDS: [&str; 256] = [
    "acorn", "amber", "anchor", "apple", "april", "apron", "arrow", "artist", "attic", "autumn",
    "avocado", "badge", "bagel", "bakery", "balcony", "bamboo", "banana", "banjo", "barrel",
    "basket", "beach", "beaver", "bicycle", "biscuit", "blanket", "blossom", "bonfire", "bottle",
    "bracelet", "branch", "bridge", "bronze", "bubble", "bucket", "buffalo", "button", "cabin",
    "cactus", "camel", "candle", "canoe", "canyon", "carpet", "carrot", "castle", "cedar",
    "cello", "chalk", "cherry", "chimney", "cinema", "circle", "clock", "cloud", "clover",
    "coconut", "comet", "compass", "copper", "coral", "cotton", "cradle", "crayon", "cricket",
    "crystal", "cucumber", "curtain", "daisy", "dancer", "desert", "diamond", "dinner", "doctor",
    "dolphin", "donkey", "dragon", "eagle", "earth", "elbow", "elephant", "emerald", "engine",
    "evening", "falcon", "family", "feather", "fiddle", "finger", "flame", "flower", "forest",
    "fossil", "fountain", "friday", "garden", "garlic", "ginger", "giraffe", "glacier", "glove",
    "golden", "gorilla", "grape", "guitar", "hammer", "harbor", "hazel", "helmet", "hippo",
    "honey", "horizon", "igloo", "iguana", "indigo", "insect", "island", "ivory", "jacket",
    "jaguar", "jasmine", "jelly", "jewel", "jigsaw", "jungle", "juniper", "kangaroo", "kettle",
    "kitchen", "kitten", "koala", "ladder", "lagoon", "lantern", "laundry", "lemon", "leopard",
    "library", "lizard", "lobster", "lunch", "magnet", "mango", "maple", "marble", "market",
    "meadow", "melon", "mirror", "monday", "monkey", "morning", "mosaic", "mountain", "muffin",
    "museum", "mustard", "napkin", "nectar", "needle", "nephew", "nickel", "november", "nutmeg",
    "oasis", "ocean", "october", "olive", "onion", "opera", "orange", "orchid", "ostrich", "oven",
    "oyster", "paddle", "palace", "panda", "papaya", "parade", "parrot", "pasta", "peanut",
    "pebble", "pencil", "pepper", "piano", "picnic", "pigeon", "pillow", "pirate", "planet",
    "pocket", "potato", "prairie", "puddle", "pumpkin", "puzzle", "quartz", "rabbit", "raccoon",
    "radish", "rainbow", "raven", "ribbon", "river", "robin", "rocket", "rooster", "saddle",
    "saffron", "salad", "salmon", "sandal", "saturn", "sausage", "scarf", "school", "shadow",
    "shelter", "silver", "singer", "spider", "spoon", "squirrel", "stable", "summer", "sunday",
    "teapot", "temple", "thunder", "ticket", "tiger", "timber", "tomato", "trumpet", "tulip",
    "tunnel", "turtle", "umbrella", "valley", "vanilla", "velvet", "village", "violin", "volcano",
    "waffle", "walnut", "water", "whale", "willow", "window", "winter", "wizard", "yellow",
    "zebra", "zipper",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_words_begin_alike() {
        let beginnings: BTreeSet<&str> = WORDS.iter().map(|word| &word[..4]).collect();
        assert_eq!(beginnings.len(), WORDS.len());
        assert!(WORDS.is_sorted());
    }
}
