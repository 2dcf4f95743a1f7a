//! Puts a live server under load and measures it.
#![allow(dead_code)]

mod histogram;
mod stamp;
mod view;

fn main() {}
