"""The working of a step -> its value. A second way to the numbers that the report shows."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable
from fractions import Fraction

from reportgen.records.model import Step

_SIGNS = str.maketrans({"−": "-", "·": "*", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")"})


def evaluate(working: str) -> Fraction:
    """Work out a sum in the signs that `Step` names, and in nothing else."""
    return _value(ast.parse(working.translate(_SIGNS), mode="eval").body)


def wrong(steps: Iterable[Step]) -> list[Step]:
    """Return the steps whose working does not come to their value."""
    return [step for step in steps if evaluate(step.working) != step.value]


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int(number)):
            return Fraction(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left) + _value(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _value(left) - _value(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left) * _value(right)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _value(left) / _value(right)
        case ast.Call(func=ast.Name(id="floor"), args=[argument]):
            return Fraction(math.floor(_value(argument)))
        case ast.Call(func=ast.Name(id="ceil"), args=[argument]):
            return Fraction(math.ceil(_value(argument)))
        case ast.Call(func=ast.Name(id="max"), args=arguments):
            return max(_value(argument) for argument in arguments)
        case _:
            message = f"not a sum: {ast.dump(node)}"
            raise ValueError(message)
