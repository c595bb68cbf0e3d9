//! References in arguments: `import(…)`, `import.meta.resolve(…)` and `new URL(…, import.meta.url)`.

use std::ops::Range;

use oxc_ast::ast::{Argument, CallExpression, Expression, ImportExpression, NewExpression};
use oxc_ast_visit::{VisitJs, walk_js};
use oxc_span::Span;

use super::{
    raw_reference::{Kind, RawReference, Syntax},
    reference::Scan,
};

/// Adds the references in the calls of a script. Like the parser, the visitor recurses once per level.
impl<'a> VisitJs<'a> for Scan {
    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        match constant(&import.source) {
            Some(written) => self.written.push(written),
            None => self.unknown.push(bytes(import.span)),
        }
        walk_js::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if is_of_import_meta(&call.callee, "resolve") {
            self.written.extend(first(&call.arguments, Kind::Module));
        }
        walk_js::walk_call_expression(self, call);
    }

    fn visit_new_expression(&mut self, made: &NewExpression<'a>) {
        let base = made.arguments.get(1).and_then(Argument::as_expression);
        if is_url(&made.callee) && base.is_some_and(|base| is_of_import_meta(base, "url")) {
            self.written.extend(first(&made.arguments, Kind::Url));
        }
        walk_js::walk_new_expression(self, made);
    }
}

/// Returns the first argument, if it is constant.
fn first(arguments: &[Argument<'_>], kind: Kind) -> Option<RawReference> {
    let first = arguments.first()?.as_expression()?;
    constant(first).map(|written| RawReference { kind, ..written })
}

/// Returns the specifier of a string or of a template without substitutions, with or without parentheses.
fn constant(expression: &Expression<'_>) -> Option<RawReference> {
    match expression.without_parentheses() {
        Expression::StringLiteral(string) => Some(specifier(string.span)),
        Expression::TemplateLiteral(template) if template.is_no_substitution_template() => {
            Some(specifier(template.span))
        }
        _ => None,
    }
}

/// Returns `true` for `import.meta.NAME` and `import.meta['NAME']`.
fn is_of_import_meta(expression: &Expression<'_>, name: &str) -> bool {
    expression.get_member_expr().is_some_and(|member| {
        member.static_property_name() == Some(name)
            && matches!(member.object().without_parentheses(), Expression::ImportMeta(_))
    })
}

/// Returns `true` for `URL`, and for the `URL` of `globalThis`, `self` and `window`.
fn is_url(callee: &Expression<'_>) -> bool {
    let is_global = |object: &Expression<'_>| {
        ["globalThis", "self", "window"].iter().any(|name| object.is_specific_id(name))
    };
    callee.is_specific_id("URL")
        || callee
            .get_member_expr()
            .is_some_and(|member| member.static_property_name() == Some("URL") && is_global(member.object()))
}

/// Returns the specifier between the quotes of a literal.
pub(super) fn specifier(literal: Span) -> RawReference {
    let Range { start, end } = bytes(literal);
    RawReference {
        span: start + 1..end - 1,
        kind: Kind::Module,
        syntax: Syntax::JavaScript,
        is_static_import: false,
    }
}

pub(super) fn bytes(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}
