use std::collections::BTreeSet;

use askama_parser::{
    Ast, Expr, Filter, LetValueOrBlock, Node, PathOrIdentifier, Syntax, WithSpan, node::CondTest,
};

use super::Engine;

pub(crate) struct Askama;

type Expression<'a> = WithSpan<Box<Expr<'a>>>;

impl Engine for Askama {
    fn names(&self, template: &str) -> Option<BTreeSet<usize>> {
        let tree = Ast::from_str(template, None, &Syntax::default()).ok()?;
        let mut names = Names::default();
        names.nodes(tree.nodes());
        Some(names.0)
    }

    fn expressions(&self) -> &'static [[&'static str; 2]] {
        &[
            ["{{ static(\"", "\") }}"],
            ["{{ \"", "\"|static }}"],
            ["{{~ self.static_url(\"", "\") ~}}"],
            ["{% let a = static(\"", "\") %}"],
        ]
    }

    fn prefixes(&self) -> &'static [[&'static str; 2]] {
        &[["static(\"", "\") && "], ["(\"", "\"|static) ~ "]]
    }
}

#[derive(Default)]
struct Names(BTreeSet<usize>);

impl Names {
    fn nodes(&mut self, nodes: &[Box<Node<'_>>]) {
        nodes.iter().for_each(|node| self.node(node));
    }

    fn node(&mut self, node: &Node<'_>) {
        match node {
            Node::Expr(_, expression) => self.expression(expression),
            Node::Call(call) => {
                call.args.iter().flatten().for_each(|argument| self.expression(argument));
                self.nodes(&call.nodes);
            }
            Node::Let(assignment) => match &assignment.val {
                LetValueOrBlock::Value(value) => self.expression(value),
                LetValueOrBlock::Block { nodes, .. } => self.nodes(nodes),
            },
            Node::Compound(compound) => {
                self.expression(&compound.op.lhs);
                self.expression(&compound.op.rhs);
            }
            Node::If(condition) => condition.branches.iter().for_each(|branch| {
                branch.cond.iter().for_each(|test| self.test(test));
                self.nodes(&branch.nodes);
            }),
            Node::Match(value) => {
                self.expression(&value.expr);
                value.arms.iter().for_each(|arm| self.nodes(&arm.nodes));
            }
            Node::Loop(repeated) => {
                self.expression(&repeated.iter);
                repeated.cond.iter().for_each(|condition| self.expression(condition));
                self.nodes(&repeated.body);
                self.nodes(&repeated.else_nodes);
            }
            Node::BlockDef(block) => self.nodes(&block.nodes),
            Node::Macro(definition) => self.nodes(&definition.nodes),
            Node::FilterBlock(block) => self.nodes(&block.nodes),
            _ => {}
        }
    }

    fn test(&mut self, test: &CondTest<'_>) {
        self.expression(&test.expr);
    }

    fn expression(&mut self, expression: &Expression<'_>) {
        match &***expression {
            Expr::Call(call) => {
                if is_helper(&call.path) {
                    self.argument(call.args.first());
                }
                self.expression(&call.path);
                call.args.iter().for_each(|argument| self.expression(argument));
            }
            Expr::Filter(Filter { name, arguments }) => {
                if matches!(name, PathOrIdentifier::Identifier(name) if name.starts_with("static")) {
                    self.argument(arguments.first());
                }
                arguments.iter().for_each(|argument| self.expression(argument));
            }
            Expr::Array(items) | Expr::Tuple(items) | Expr::Concat(items) => {
                items.iter().for_each(|item| self.expression(item));
            }
            Expr::ArrayRepeat(one, other) | Expr::Index(one, other) => {
                self.expression(one);
                self.expression(other);
            }
            Expr::AssociatedItem(inner, _)
            | Expr::As(inner, _)
            | Expr::NamedArgument(_, inner)
            | Expr::Unary(_, inner)
            | Expr::Group(inner)
            | Expr::Try(inner) => self.expression(inner),
            Expr::BinOp(operation) => {
                self.expression(&operation.lhs);
                self.expression(&operation.rhs);
            }
            Expr::Range(range) => {
                range.lhs.iter().chain(&range.rhs).for_each(|end| self.expression(end));
            }
            Expr::Struct(fields) => {
                fields.fields.iter().flat_map(|field| &field.value).for_each(|value| self.expression(value));
            }
            Expr::LetCond(test) => self.test(test),
            _ => {}
        }
    }

    fn argument(&mut self, argument: Option<&Expression<'_>>) {
        let Some(argument) = argument else { return };
        if let (Expr::StrLit(_), Some(range)) = (&***argument, argument.span().byte_range()) {
            self.0.insert(range.start + 1);
        }
    }
}

fn is_helper(path: &Expression<'_>) -> bool {
    match &***path {
        Expr::Var(name) => name.starts_with("static"),
        Expr::AssociatedItem(object, item) => {
            matches!(&***object, Expr::Var("self")) && item.name.starts_with("static")
        }
        _ => false,
    }
}
