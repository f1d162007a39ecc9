// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Tests.X86;
using Wfpatch.Core.X86;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>What must be true of every redirect, whatever tactic made it: judged by a decoder, not by the planner's own words.</summary>
internal static class RedirectProof
{
    /// <summary>Bytes from the entry on that are looked at: an evicted instruction may begin where a short jump leads.</summary>
    public const int CodeBytes = 2 + sbyte.MaxValue + EntryCode.CodeBytes;

    /// <param name="code">The bytes from the entry on, as they are without redirects.</param>
    public static void Check(RedirectPlan plan, ReadOnlySpan<byte> code)
    {
        if (plan.Evicted is { } evicted)
        {
            code = CheckEvicted(plan, evicted, code);
        }
        if (plan.DisplacesSeveral)
        {
            CheckDisplaced(plan, code);
            return;
        }
        CheckEntry(plan, code);
        CheckPass(plan, code, CodeText.Decode(code, plan.Entry));
    }

    /// <summary>A jump of five bytes on one page in place of whole instructions, and a trampoline that executes them.</summary>
    private static void CheckDisplaced(RedirectPlan plan, ReadOnlySpan<byte> code)
    {
        Assert.Equal((plan.Entry, 5), (plan.Write.Address, plan.Write.New.Length));
        Assert.Equal(plan.Entry.PageStart, (plan.Entry + 4).PageStart);
        Assert.True(code.StartsWith(plan.Write.Old.Span));
        Assert.True(code.StartsWith(plan.FirstInstruction.Span));
        CheckJump(plan, code);
        var initial = DispatchTrampoline.Initial(plan);
        Assert.Equal((plan.Trampoline, plan.TrampolineLength), (initial.Address, initial.Bytes.Length));
        var pass = DispatchTrampoline.PassAddress(plan.Trampoline);
        Assert.Equal(pass, FollowTests(initial));
        var at = new Address(CodeText.Decode(initial.Bytes.AsSpan((int)(pass - plan.Trampoline)), pass).NearBranchTarget);
        for (int offset = 0; offset < plan.FirstInstruction.Length;)
        {
            var original = CodeText.Decode(code[offset..], plan.Entry + offset);
            var moved = CodeText.Decode(initial.Bytes.AsSpan((int)(at - plan.Trampoline)), at);
            Assert.Equal(CodeText.Meaning(original), CodeText.Meaning(moved));
            (offset, at) = (offset + original.Length, at + moved.Length);
        }
        var back = CodeText.Decode(initial.Bytes.AsSpan((int)(at - plan.Trampoline)), at);
        Assert.Equal((Code.Jmp_rel32_64, plan.Continuation.Value), (back.Code, back.NearBranchTarget));
        Assert.Equal(plan.TrampolineRange.End, at + back.Length);
    }

    /// <summary>The entry alone, for hooks too.</summary>
    public static void CheckEntry(RedirectPlan plan, ReadOnlySpan<byte> code)
    {
        int length = CodeText.Decode(code, plan.Entry).Length;
        Assert.Equal(length, plan.FirstInstruction.Length);
        CheckWrite(plan, code, length);
        CheckJump(plan, code);
    }

    /// <summary>Another instruction of the function, whole, that goes on as before, and nothing of whose change is in the first one.</summary>
    /// <returns>The code once it is evicted.</returns>
    private static byte[] CheckEvicted(RedirectPlan plan, RedirectPlan evicted, ReadOnlySpan<byte> code)
    {
        var at = plan.Continuation;
        while (at < evicted.Entry)
        {
            at += CodeText.Decode(code[(int)(at - plan.Entry)..], at).Length;
        }
        Assert.Equal(evicted.Entry, at);
        Assert.True(evicted.Write.Range.Overlaps(new AddressRange(plan.IsShort ? plan.Jump : plan.Displacement.Start, plan.Displacement.End)), "it is evicted for nothing");
        Assert.All(plan.All.SkipLast(1), e => Assert.False(e.TrampolineRange.Overlaps(plan.TrampolineRange)));
        int offset = (int)(at - plan.Entry);
        if (evicted.Evicted is { } next)
        {
            code = (byte[])[.. code[..offset], .. CheckEvicted(evicted, next, code[offset..])];
        }
        var own = code[offset..];
        CheckEntry(evicted, own);
        var copy = PassTrampoline.Initial(evicted);
        Assert.Equal(evicted.Trampoline, copy.Address);
        Assert.Equal(evicted.TrampolineLength, copy.Bytes.Length);
        CheckMoved(evicted.Trampoline, copy.Bytes, CodeText.Decode(own, at), at);
        return With(evicted, code, plan.Entry);
    }

    private static byte[] With(RedirectPlan redirect, ReadOnlySpan<byte> code, Address start)
    {
        var changed = code.ToArray();
        redirect.Write.New.Span.CopyTo(changed.AsSpan((int)(redirect.Write.Address - start)));
        return changed;
    }

    private static void CheckWrite(RedirectPlan plan, ReadOnlySpan<byte> code, int firstLength)
    {
        var write = plan.Write.Range;
        Assert.True(AddressRange.OfLength(plan.Entry, firstLength).Contains(write), "the write leaves the first instruction");
        Assert.True(write.Length == 1 || write.Start.Value / 8 == (write.End.Value - 1) / 8, "the write is more than one aligned quadword");
        Assert.True(plan.Write.Old.Span.SequenceEqual(code.Slice((int)(write.Start - plan.Entry), (int)write.Length)), "the old bytes are others");
        Assert.False(plan.Write.New.Span.SequenceEqual(plan.Write.Old.Span), "nothing is changed");
    }

    /// <summary>The entry is a near jump with prefixes that mean nothing, for the processors of both makers; or a short one that leads to a near jump.</summary>
    private static void CheckJump(RedirectPlan plan, ReadOnlySpan<byte> code)
    {
        var changed = With(plan, code, plan.Entry);
        if (plan.IsShort)
        {
            var one = CodeText.Decode(changed, plan.Entry);
            Assert.Equal((Code.Jmp_rel8_64, plan.Jump.Value), (one.Code, one.NearBranchTarget));
            var other = CodeText.Decode(changed.AsSpan((int)(plan.Jump - plan.Entry)), plan.Jump);
            Assert.Equal((Code.Jmp_rel32_64, 5, plan.Trampoline.Value), (other.Code, other.Length, other.NearBranchTarget));
            return;
        }
        int prefixes = (int)(plan.Jump - plan.Entry);
        for (int i = 0; i < prefixes; i++)
        {
            bool segment = changed[i] is 0x2e or 0x36 or 0x3e or 0x26 or 0x64 or 0x65;
            bool rex = changed[i] is >= 0x40 and <= 0x4f && i == prefixes - 1;
            Assert.True(segment || rex, $"{changed[i]:x2} before the jump means something");
        }
        foreach (var maker in new[] { DecoderOptions.None, DecoderOptions.AMD })
        {
            var jump = Decoder.Create(64, changed, plan.Entry.Value, maker).Decode();
            Assert.Equal(Code.Jmp_rel32_64, jump.Code);
            Assert.Equal(prefixes + 5, jump.Length);
            Assert.Equal(plan.Trampoline.Value, jump.NearBranchTarget);
        }
    }

    /// <summary>The trampoline as it is first written leads to the same instruction, moved, and on to the second one.</summary>
    private static void CheckPass(RedirectPlan plan, ReadOnlySpan<byte> code, in Instruction first)
    {
        var initial = DispatchTrampoline.Initial(plan);
        Assert.Equal(plan.Trampoline, initial.Address);
        Assert.Equal(plan.TrampolineLength, initial.Bytes.Length);
        var pass = DispatchTrampoline.PassAddress(plan.Trampoline);
        Assert.Equal(pass, FollowTests(initial));
        CheckMoved(pass, initial.Bytes.AsSpan((int)(pass - plan.Trampoline)), first, plan.Entry);
    }

    private static void CheckMoved(Address pass, ReadOnlySpan<byte> block, in Instruction first, Address entry)
    {
        if (first.FlowControl is FlowControl.Call or FlowControl.IndirectCall)
        {
            CheckMovedCall(pass, block, first);
            return;
        }
        var moved = CodeText.Decode(block, pass);
        if (first.IsLoop || first.IsLoopcc || first.IsJcxShort)
        {
            CheckMovedShortBranch(pass, block, first, moved);
            return;
        }
        Assert.Equal(CodeText.Meaning(first), CodeText.Meaning(moved));
        if (first.FlowControl is FlowControl.Next or FlowControl.ConditionalBranch)
        {
            var back = CodeText.Decode(block[moved.Length..], pass + moved.Length);
            Assert.Equal(Code.Jmp_rel32_64, back.Code);
            Assert.Equal(entry + first.Length, new Address(back.NearBranchTarget));
        }
        else
        {
            Assert.Contains(first.FlowControl, new[] { FlowControl.Return, FlowControl.UnconditionalBranch, FlowControl.IndirectBranch });
        }
    }

    /// <summary>The branch leads over a jump to the next instruction, to a jump to its target.</summary>
    private static void CheckMovedShortBranch(Address pass, ReadOnlySpan<byte> block, in Instruction first, in Instruction moved)
    {
        Assert.Equal(first.Code, moved.Code);
        var over = CodeText.Decode(block[moved.Length..], pass + moved.Length);
        int length = moved.Length + over.Length;
        var taken = CodeText.Decode(block[length..], pass + length);
        var next = CodeText.Decode(block[(length + taken.Length)..], pass + length + taken.Length);
        Assert.Equal((Code.Jmp_rel8_64, Code.Jmp_rel32_64, Code.Jmp_rel32_64), (over.Code, taken.Code, next.Code));
        Assert.Equal((taken.IP, next.IP), (moved.NearBranchTarget, over.NearBranchTarget));
        Assert.Equal((first.NearBranchTarget, first.NextIP), (taken.NearBranchTarget, next.NearBranchTarget));
    }

    /// <summary>The return address of the original on the stack, in two halves, and a jump to where it calls.</summary>
    private static void CheckMovedCall(Address pass, ReadOnlySpan<byte> block, in Instruction call)
    {
        var push = CodeText.Decode(block, pass);
        Assert.Equal(Code.Pushq_imm32, push.Code);
        var high = CodeText.Decode(block[push.Length..], pass + push.Length);
        Assert.Equal((Code.Mov_rm32_imm32, Register.RSP, 4UL), (high.Code, high.MemoryBase, high.MemoryDisplacement64));
        Assert.Equal(call.NextIP, ((ulong)high.Immediate32 << 32) | (uint)push.Immediate32to64);
        int length = push.Length + high.Length;
        var jump = CodeText.Decode(block[length..], pass + length);
        Assert.Contains(jump.FlowControl, new[] { FlowControl.UnconditionalBranch, FlowControl.IndirectBranch });
        Assert.True(length + jump.Length <= PassTrampoline.Length);
        if (jump.FlowControl == FlowControl.UnconditionalBranch)
        {
            Assert.Equal(call.NearBranchTarget, jump.NearBranchTarget);
        }
        else
        {
            Assert.Equal(CodeText.Meaning(call).Replace("call", "jmp", StringComparison.Ordinal), CodeText.Meaning(jump));
        }
    }

    /// <summary>Where the selector leads: two tests that do nothing come before it.</summary>
    private static Address FollowTests(CodeWrite trampoline)
    {
        var at = trampoline.Address;
        for (int slot = 0; slot < DispatchTrampoline.SlotCount; slot++)
        {
            var test = CodeText.Decode(trampoline.Bytes.AsSpan((int)(at - trampoline.Address)), at);
            Assert.Equal(Code.Test_EAX_imm32, test.Code);
            at += test.Length;
        }
        var selector = CodeText.Decode(trampoline.Bytes.AsSpan((int)(at - trampoline.Address)), at);
        Assert.Equal(Code.Jmp_rel8_64, selector.Code);
        return new Address(selector.NearBranchTarget);
    }
}
