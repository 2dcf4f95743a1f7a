//! Lists that may be long, part by part.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::dto::Page;
use crate::problem::Problem;

/// Which part of a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// From the one behind this: `next` of the last answer.
    after: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

impl Paging {
    /// How many are wanted.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        let limit = self.limit.unwrap_or(100);
        let error = || Problem::field("limit", format!("is {limit}, not from 1 to {MOST}"));
        (1..=MOST).contains(&limit).then_some(limit).ok_or_else(error)
    }

    /// The place in a list that goes by number.
    pub(crate) fn number(&self) -> Result<Option<u64>, Problem> {
        let number = self.after.as_ref().map(|after| after.parse());
        number.transpose().map_err(|_| Problem::field("after", "is not `next` of an answer"))
    }

    /// The place in a list that goes by name.
    pub(crate) fn name(&self) -> Option<&str> {
        self.after.as_deref()
    }
}

impl<T> Page<T> {
    /// The first `limit` of `items`, with the place of the last where there are more.
    pub(crate) fn cut<I>(
        mut items: Vec<I>,
        limit: usize,
        place: impl Fn(&I) -> String,
        view: impl Fn(&I) -> T,
    ) -> Page<T> {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(place);
        Page { items: items.iter().map(view).collect(), next }
    }
}

/// Items of one answer.
const MOST: usize = 1000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn parts_join_to_the_whole_and_the_last_says_so() {
        let cut = |from: usize, limit| {
            let items: Vec<_> = (from..5).collect();
            let page = Page::cut(items, limit, |item| item.to_string(), |item| *item);
            (page.items, page.next)
        };
        assert_eq!(cut(0, 3), (vec![0, 1, 2], Some("2".to_owned())));
        assert_eq!(cut(3, 2), (vec![3, 4], None));
        assert_eq!(cut(5, 2), (vec![], None));
    }

    #[test]
    fn limits_and_places_that_cannot_be_are_refused_by_name() {
        let paging = |after: Option<&str>, limit| Paging { after: after.map(str::to_owned), limit };
        for limit in [0, 1001] {
            assert_eq!(paging(None, Some(limit)).limit().unwrap_err().status(), 422);
        }
        assert_eq!([None, Some(1000)].map(|limit| paging(None, limit).limit().unwrap()), [100, 1000]);
        assert_eq!(paging(Some("12"), None).number().unwrap(), Some(12));
        for after in ["", "x", "-1"] {
            assert_eq!(paging(Some(after), None).number().unwrap_err().status(), 422);
        }
    }
}
