"""The tab Reasons: which features of answers raters reward."""
