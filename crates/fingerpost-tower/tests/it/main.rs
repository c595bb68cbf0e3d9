//! What a site sees of the layers and services, through `oneshot`.

mod html_rewrite;
