// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>Each kind of rule and each operation of expressions, with values worked out by hand from the DWARF standard.
/// An inner function whose frame has eight words (the last one is the return address) is called by an outer one.</summary>
public sealed class CallFrameRuleTests
{
    private const ulong Inner = 0x1000, Outer = 0x2000, Stack = 0x7000_0000;

    // CFA = rsp + 64, return address at -8; and: the frame's address is rbx, there is no caller.
    private static readonly byte[] InnerRules = [0x0c, 7, 64, 0x90, 1];
    private static readonly byte[] OuterRules = [0x0c, 3, 0, 0x07, 16];

    private static readonly SegmentedMemory Memory = new([(new Address(Stack), StackBytes())]);

    [Theory]
    [InlineData("", 0xb0)]
    [InlineData("83 02", 0x106)] // offset
    [InlineData("05 03 02", 0x106)] // offset_extended
    [InlineData("11 03 02", 0x106)] // offset_extended_sf
    [InlineData("14 03 02", Stack + 48)] // val_offset
    [InlineData("15 03 7e", Stack + 80)] // val_offset_sf
    [InlineData("09 03 0c", 0xc0)] // register
    [InlineData("08 03", 0xb0)] // same_value
    [InlineData("83 02 c3", 0xb0)] // restore
    [InlineData("83 02 06 03", 0xb0)] // restore_extended
    [InlineData("0a 83 02 0b", 0xb0)] // remember_state, restore_state
    [InlineData("0a 0a 0a 0a 0a 0a 0a 0a 83 02", 0x106)] // as deep as it goes
    [InlineData("2e 10 83 02", 0x106)] // GNU_args_size
    [InlineData("00 00 83 02", 0x106)] // nop
    [InlineData("10 03 02 77 30", 0x106)] // expression
    [InlineData("16 03 02 77 10", Stack + 16)] // val_expression
    [InlineData("16 03 01 96", Stack + 64)] // an expression begins with the frame's address
    [InlineData("0f 03 77 c0 00 83 02", 0x106)] // def_cfa_expression
    [InlineData("0c 06 40 83 02", 0x106)] // def_cfa
    [InlineData("0c 06 40 0d 07 83 02", 0x106)] // def_cfa_register
    [InlineData("0e 10 0e 40 83 02", 0x106)] // def_cfa_offset
    [InlineData("0f 03 77 c8 00 0d 06 83 02", 0x106)] // a register behind an expression takes up the last offset
    [InlineData("0f 03 77 c0 00 0e 08 83 02", 0x106)] // an offset behind an expression waits for a register
    [InlineData("0f 03 77 c8 00 0e 40 0d 07 83 02", 0x106)]
    [InlineData("12 07 78 83 02", 0x106)] // def_cfa_sf
    [InlineData("13 78 83 02", 0x106)] // def_cfa_offset_sf
    [InlineData("05 11 05 09 21 03 07 31 83 02", 0x106)] // registers that no stack needs
    [InlineData("83 02 42 83 01", 0x106)] // what lies behind the place does not count
    [InlineData("83 02 02 02 83 01", 0x106)] // advance_loc1
    [InlineData("83 02 03 02 00 83 01", 0x106)] // advance_loc2
    [InlineData("83 02 04 02 00 00 00 83 01", 0x106)] // advance_loc4
    [InlineData("83 02 01 02 10 00 00 00 00 00 00 83 01", 0x106)] // set_loc
    [InlineData("83 01 41 83 02", 0x106)] // an advance to the place itself
    [InlineData("83 01 01 01 10 00 00 00 00 00 00 83 02", 0x106)]
    [InlineData("09 10 02", 0xb0)] // the return address in rcx
    public void A_rule_gives_the_caller_s_register(string instructions, long expected)
    {
        Assert.Equal((UnwindFailureReason.None, (ulong)expected), UnwindOne(instructions));
    }

    [Theory]
    [InlineData("0b", UnwindFailureReason.MalformedInstructions)] // restore_state of nothing
    [InlineData("83", UnwindFailureReason.MalformedInstructions)] // ends in the middle
    [InlineData("83 80 80 80 80 80 80 80 80 80 80 01", UnwindFailureReason.MalformedInstructions)] // more than 64 bits
    [InlineData("10 03 7f 30", UnwindFailureReason.MalformedInstructions)] // an expression that is not there
    [InlineData("01 00 00 00 00 00 00 00 00", UnwindFailureReason.MalformedInstructions)] // backwards
    [InlineData("3f", UnwindFailureReason.UnsupportedInstruction)]
    [InlineData("0a 0a 0a 0a 0a 0a 0a 0a 0a", UnwindFailureReason.UnsupportedInstruction)] // remembered too often
    [InlineData("08 10", UnwindFailureReason.UnsupportedInstruction)] // a return address that is the place itself
    [InlineData("09 10 21", UnwindFailureReason.UnsupportedInstruction)] // a return address in a vector register
    [InlineData("2f 03 02", UnwindFailureReason.ImplausibleFrame)] // saved above the frame
    [InlineData("83 40", UnwindFailureReason.ImplausibleFrame)] // saved below the red zone
    [InlineData("0c 06 00", UnwindFailureReason.ImplausibleFrame)] // a frame of no size
    [InlineData("0c 06 41", UnwindFailureReason.ImplausibleFrame)] // not on a word
    [InlineData("0c 08 40", UnwindFailureReason.ImplausibleFrame)] // below the stack pointer
    [InlineData("0c 21 40", UnwindFailureReason.RegisterLost)] // a frame address in a vector register
    [InlineData("0e 80 04", UnwindFailureReason.UnreadableMemory)]
    [InlineData("90 02", UnwindFailureReason.NoEntry)] // a word that is no code
    public void What_cannot_be_followed_is_a_failure(string instructions, UnwindFailureReason expected)
    {
        Assert.Equal((expected, 0UL), UnwindOne(instructions));
    }

    [Theory]
    [InlineData("4f", 31UL)]
    [InlineData("08 ff", 0xffUL)]
    [InlineData("09 ff", ulong.MaxValue)]
    [InlineData("0a 34 12", 0x1234UL)]
    [InlineData("0b ff ff", ulong.MaxValue)]
    [InlineData("0c 78 56 34 f2", 0xf2345678UL)]
    [InlineData("0d ff ff ff ff", ulong.MaxValue)]
    [InlineData("0e 01 02 03 04 05 06 07 08", 0x0807060504030201UL)]
    [InlineData("0f 01 02 03 04 05 06 07 08", 0x0807060504030201UL)]
    [InlineData("10 e5 8e 26", 624485UL)]
    [InlineData("11 7f", ulong.MaxValue)]
    [InlineData("35 12 22", 10UL)]
    [InlineData("35 36 13", 5UL)]
    [InlineData("35 36 14", 5UL)]
    [InlineData("35 36 37 15 02", 5UL)]
    [InlineData("35 36 16 1c", 1UL)]
    [InlineData("31 32 33 17 1c 1c", 4UL)] // 1 2 3 becomes 3 1 2: 3 - (1 - 2)
    [InlineData("09 fb 19", 5UL)]
    [InlineData("35 19", 5UL)]
    [InlineData("3c 3a 1a", 8UL)]
    [InlineData("09 f8 32 1b", unchecked((ulong)-4))]
    [InlineData("0f 00 00 00 00 00 00 00 80 09 ff 1b", 0x8000000000000000UL)]
    [InlineData("3a 33 1d", 1UL)]
    [InlineData("35 36 1e", 30UL)]
    [InlineData("35 1f", unchecked((ulong)-5))]
    [InlineData("30 20", ulong.MaxValue)]
    [InlineData("3c 33 21", 15UL)]
    [InlineData("35 23 80 01", 133UL)]
    [InlineData("31 08 3f 24", 0x8000000000000000UL)]
    [InlineData("31 08 40 24", 0UL)]
    [InlineData("09 ff 08 3f 25", 1UL)]
    [InlineData("09 ff 08 40 25", 0UL)]
    [InlineData("09 f8 32 26", unchecked((ulong)-2))]
    [InlineData("09 f8 08 7f 26", ulong.MaxValue)]
    [InlineData("3c 3a 27", 6UL)]
    [InlineData("35 35 29", 1UL)]
    [InlineData("09 ff 30 2a", 0UL)]
    [InlineData("31 30 2b", 1UL)]
    [InlineData("09 ff 30 2c", 1UL)]
    [InlineData("09 ff 30 2d", 1UL)]
    [InlineData("31 30 2e", 1UL)]
    [InlineData("35 31 28 01 00 37 2f 01 00 13", 5UL)] // bra over a literal, skip over a drop
    [InlineData("35 30 28 01 00 36", 6UL)] // a bra that is not taken
    [InlineData("92 07 10 06", 0x102UL)]
    [InlineData("77 10 94 01", 0x02UL)]
    [InlineData("77 10 94 02", 0x102UL)]
    [InlineData("70 00", 0x1234UL)] // rax is known in the innermost frame
    [InlineData("96 35", 5UL)]
    public void An_expression_gives_its_value(string expression, ulong expected)
    {
        Assert.Equal((UnwindFailureReason.None, expected), UnwindOne($"16 03 {Bytes(expression).Length:x2} {expression}"));
    }

    [Theory]
    [InlineData("13 13", UnwindFailureReason.UnsupportedExpression)] // an empty stack
    [InlineData("13", UnwindFailureReason.UnsupportedExpression)] // no value left
    [InlineData("30 1b", UnwindFailureReason.UnsupportedExpression)] // divided by zero
    [InlineData("30 1d", UnwindFailureReason.UnsupportedExpression)]
    [InlineData("15 05", UnwindFailureReason.UnsupportedExpression)]
    [InlineData("0a 34", UnwindFailureReason.UnsupportedExpression)] // ends in the middle
    [InlineData("2f 00 7f", UnwindFailureReason.UnsupportedExpression)] // out of the expression
    [InlineData("94 03", UnwindFailureReason.UnsupportedExpression)]
    [InlineData("03 00 00 00 00 00 00 00 00", UnwindFailureReason.UnsupportedExpression)] // DW_OP_addr: nobody relocated it
    [InlineData("53", UnwindFailureReason.UnsupportedExpression)] // DW_OP_reg3 is a place
    [InlineData("e0", UnwindFailureReason.UnsupportedExpression)]
    [InlineData("30 06", UnwindFailureReason.UnreadableMemory)]
    [InlineData("0f fc ff ff ff ff ff ff ff 06", UnwindFailureReason.UnreadableMemory)]
    [InlineData("2f fd ff", UnwindFailureReason.ExpressionTooLong)] // for ever
    [InlineData("12 2f fc ff", UnwindFailureReason.ExpressionTooLong)] // an endless stack
    [InlineData("92 21 00", UnwindFailureReason.RegisterLost)] // a vector register
    public void An_expression_that_has_no_value_is_a_failure(string expression, UnwindFailureReason expected)
    {
        Assert.Equal((expected, 0UL), UnwindOne($"16 03 {Bytes(expression).Length:x2} {expression}"));
    }

    [Theory]
    [InlineData("", "0c 00 00")] // rax: calls clobber it
    [InlineData("", "0c 0a 00")] // r10
    [InlineData("", "0f 02 75 00")] // rdi, in an expression
    [InlineData("07 03", "0c 03 00")] // rbx, if the callee says so
    [InlineData("09 03 21", "0c 03 00")] // saved in a vector register
    public void A_register_that_the_callee_does_not_keep_is_lost(string instructions, string outerRules)
    {
        var (reason, _) = Unwind(instructions, [.. Bytes(outerRules), 0x90, 1]);
        Assert.Equal(UnwindFailureReason.RegisterLost, reason);
    }

    [Theory]
    [InlineData("0e 08")]
    [InlineData("0d 07")]
    [InlineData("90 01")]
    public void Rules_without_a_frame_address_are_damaged(string rules)
    {
        var frames = new HandmadeFrames();
        frames.Function(frames.Common(Bytes(rules)), Inner, 16, []);
        Assert.Equal(UnwindFailureReason.MalformedInstructions, frames.Read().Table!.FindRow(new Address(Inner), out _));
    }

    [Fact]
    public void A_stack_that_runs_in_circles_ends()
    {
        // A signal frame that was interrupted by itself: nothing but the room for frames ends it.
        var frames = new HandmadeFrames();
        int common = frames.Common(Bytes("0f 02 77 00 10 10 02 77 38"), "zRS");
        frames.Function(common, Outer, 16, []);
        var registers = Registers();
        registers[Register.Rip] = Outer + 5;
        var outcome = new Unwinder([frames.Read().Table!]).Unwind(in registers, Memory, new StackFrame[100], out int count);

        Assert.Equal((UnwindFailureReason.TooManyFrames, 0), (outcome.Reason, count));
    }

    private static (UnwindFailureReason Reason, ulong Value) UnwindOne(string instructions) => Unwind(instructions, OuterRules);

    // At the second byte of the inner function; what the outer frame makes of rbx is the result.
    private static (UnwindFailureReason Reason, ulong Value) Unwind(string instructions, byte[] outerRules)
    {
        var frames = new HandmadeFrames();
        frames.Function(frames.Common(InnerRules), Inner, 16, Bytes(instructions));
        frames.Function(frames.Common(outerRules), Outer, 16, []);
        var (table, refusal) = frames.Read();
        Assert.True(refusal is null, refusal?.ToString());
        var registers = Registers();
        var found = new StackFrame[2];
        var outcome = new Unwinder([table!]).Unwind(in registers, Memory, found, out int count);
        if (outcome.IsComplete)
        {
            Assert.Equal((2, new Address(Outer + 5)), (count, found[1].ProgramCounter));
        }
        return (outcome.Reason, found[1].FrameAddress.Value);
    }

    private static RegisterSet Registers()
    {
        var registers = default(RegisterSet);
        registers[Register.Rax] = 0x1234;
        registers[Register.Rbx] = 0xb0;
        registers[Register.Rcx] = Outer + 5;
        registers[Register.Rbp] = Stack;
        registers[Register.Rsp] = Stack;
        registers[Register.R12] = 0xc0;
        registers[Register.Rip] = Inner + 1;
        return registers;
    }

    // The word at Stack + 8*i is 0x100 + i; the eighth is the return address.
    private static byte[] StackBytes()
    {
        byte[] bytes = new byte[128];
        for (int i = 0; i < 16; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8 * i), i == 7 ? Outer + 5 : 0x100 + (ulong)i);
        }
        return bytes;
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
