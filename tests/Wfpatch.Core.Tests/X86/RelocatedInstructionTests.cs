// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.X86;
using Xunit;

namespace Wfpatch.Core.Tests.X86;

/// <summary>One instruction moved: equal by meaning, never another length than expected, or the right obstacle.</summary>
public sealed class RelocatedInstructionTests
{
    private static readonly Address Here = new(0x5555_5555_4000);
    private static readonly Address There = new(0x5555_7000_0123);

    [Theory]
    [InlineData("55", "push rbp")]
    [InlineData("f3 0f 1e fa", "endbr64")]
    [InlineData("48 83 ec 08", "sub rsp, imm8")]
    [InlineData("48 81 ec 88 00 00 00", "sub rsp, imm32")]
    [InlineData("64 48 8b 04 25 28 00 00 00", "mov rax, fs:[28h]")]
    [InlineData("48 b8 00 11 22 33 44 55 66 77", "movabs")]
    [InlineData("66 66 2e 0f 1f 84 00 00 00 00 00", "padded nop: keeps its prefixes")]
    [InlineData("a4", "movsb without a repeat")]
    [InlineData("62 f1 7c 48 10 07", "EVEX vmovups zmm0, [rdi]")]
    public void PlainInstructionsAreCopied(string hex, string name)
    {
        var code = CodeText.Bytes(hex);
        var moved = Move(code);
        Assert.True(moved.Bytes.AsSpan().SequenceEqual(code), name);
        Assert.True(moved.FallsThrough, name);
    }

    [Theory]
    [InlineData("48 8b 05 78 56 34 12", "load")]
    [InlineData("48 8d 3d 10 00 00 00", "lea")]
    [InlineData("c7 05 44 33 22 11 78 56 34 12", "store with imm32")]
    [InlineData("80 3d 44 33 22 11 07", "cmp byte with imm8")]
    [InlineData("66 c7 05 00 01 00 00 34 12", "store with imm16")]
    [InlineData("48 83 3d f0 ff ff ff 00", "cmp qword, displacement negative")]
    [InlineData("66 48 8d 3d 10 00 00 00", "the padded lea of the general dynamic TLS model")]
    [InlineData("c5 fb 10 05 10 00 00 00", "VEX load")]
    [InlineData("62 f1 7c 48 10 05 10 00 00 00", "EVEX load")]
    [InlineData("c4 e3 79 63 05 10 00 00 00 0c", "VEX with imm8 behind the displacement")]
    public void RelativeOperandsKeepTheirTarget(string hex, string name)
    {
        var code = CodeText.Bytes(hex);
        var moved = Move(code);
        Assert.True(code.Length == moved.Bytes.Length, name);
        Assert.Equal(CodeText.Meaning(CodeText.Decode(code, Here)), CodeText.Meaning(CodeText.Decode(moved.Bytes, There)));
        Assert.NotEqual(code, moved.Bytes);
        Assert.True(moved.FallsThrough, name);
    }

    [Theory]
    [InlineData("ff 25 10 00 00 00", "jmp [rip], a PLT stub")]
    [InlineData("f2 ff 25 10 00 00 00", "bnd jmp [rip]")]
    [InlineData("3e ff 25 10 00 00 00", "notrack jmp [rip]")]
    public void IndirectJumpsKeepTheirTargetAndDoNotFallThrough(string hex, string name)
    {
        var code = CodeText.Bytes(hex);
        var moved = Move(code);
        Assert.Equal(CodeText.Meaning(CodeText.Decode(code, Here)), CodeText.Meaning(CodeText.Decode(moved.Bytes, There)));
        Assert.False(moved.FallsThrough, name);
    }

    [Theory]
    [InlineData("c3", "ret")]
    [InlineData("f3 c3", "rep ret")]
    [InlineData("c2 08 00", "ret imm16")]
    [InlineData("ff e0", "jmp rax")]
    public void EndsAreCopiedAndDoNotFallThrough(string hex, string name)
    {
        var code = CodeText.Bytes(hex);
        var moved = Move(code);
        Assert.True(moved.Bytes.AsSpan().SequenceEqual(code), name);
        Assert.False(moved.FallsThrough, name);
    }

    [Theory]
    [InlineData("eb 10", false, 5)]
    [InlineData("e9 00 10 00 00", false, 5)]
    [InlineData("f2 e9 00 10 00 00", false, 5)]
    [InlineData("75 10", true, 6)]
    [InlineData("2e 75 10", true, 6)]
    [InlineData("3e 74 f0", true, 6)]
    [InlineData("0f 85 00 10 00 00", true, 6)]
    [InlineData("3e 0f 8f 00 10 00 00", true, 6)]
    [InlineData("f2 0f 84 00 10 00 00", true, 6)]
    public void BranchesBecomeNearOnesToTheSameTarget(string hex, bool fallsThrough, int length)
    {
        var code = CodeText.Bytes(hex);
        var moved = Move(code);
        Assert.Equal(length, moved.Bytes.Length);
        Assert.Equal(fallsThrough, moved.FallsThrough);
        Assert.Equal(CodeText.Meaning(CodeText.Decode(code, Here)), CodeText.Meaning(CodeText.Decode(moved.Bytes, There)));
    }

    /// <summary>All sixteen conditions in both forms.</summary>
    [Fact]
    public void ConditionsAreKept()
    {
        for (int condition = 0; condition < 16; condition++)
        {
            foreach (var code in new byte[][] { [(byte)(0x70 + condition), 0x20], [0x0f, (byte)(0x80 + condition), 0, 1, 0, 0] })
            {
                var moved = Move(code);
                Assert.Equal(CodeText.Decode(code, Here).ConditionCode, CodeText.Decode(moved.Bytes, There).ConditionCode);
            }
        }
    }

    /// <summary>push of the return address in two halves, and a jump: to the same place, by the same register, by the same memory.</summary>
    [Theory]
    [InlineData("e8 00 10 00 00", "e9")]
    [InlineData("ff d0", "ffe0")]
    [InlineData("41 ff d4", "41ffe4")]
    [InlineData("3e ff d0", "3effe0")]
    [InlineData("ff 50 18", "ff6018")]
    [InlineData("ff 15 10 00 00 00", "ff25")]
    public void ACallPushesWhereTheOriginalReturnsTo(string hex, string jump)
    {
        var code = CodeText.Bytes(hex);
        var moved = RelocatedInstruction.Move(CodeText.Decode(code, Here), code, There);
        ulong next = Here.Value + (ulong)code.Length;
        Assert.Equal(RelocationObstacle.None, moved.Obstacle);
        Assert.False(moved.FallsThrough);
        Assert.Equal([0x68, .. BitConverter.GetBytes((uint)next), 0xc7, 0x44, 0x24, 0x04, .. BitConverter.GetBytes((uint)(next >> 32))], moved.Bytes[..13]);
        Assert.StartsWith(jump, CodeText.Hex(moved.Bytes.AsSpan(13)), StringComparison.Ordinal);
        var before = CodeText.Decode(code, Here);
        var after = CodeText.Decode(moved.Bytes.AsSpan(13), There + 13);
        Assert.Equal((before.NearBranchTarget, before.IPRelativeMemoryAddress), (after.NearBranchTarget, after.IPRelativeMemoryAddress));
    }

    /// <summary>A thread that was interrupted in the middle goes on in the copy: all that is left of the work is in its registers.</summary>
    [Theory]
    [InlineData("f3 48 ab")]
    [InlineData("f3 a4")]
    [InlineData("f2 ae")]
    public void RepeatedStringInstructionsAreCopied(string hex)
    {
        var code = CodeText.Bytes(hex);
        var moved = RelocatedInstruction.Move(CodeText.Decode(code, Here), code, There);
        Assert.Equal((RelocationObstacle.None, true), (moved.Obstacle, moved.FallsThrough));
        Assert.Equal(code, moved.Bytes);
    }

    [Theory]
    [InlineData("e2 10")]
    [InlineData("e1 10")]
    [InlineData("e3 f0")]
    [InlineData("67 e3 10")]
    public void ABranchWithAShortFormOnlyLeadsToAJump(string hex)
    {
        var code = CodeText.Bytes(hex);
        var branch = CodeText.Decode(code, Here);
        var moved = RelocatedInstruction.Move(branch, code, There);
        Assert.Equal((RelocationObstacle.None, true), (moved.Obstacle, moved.FallsThrough));
        var copy = CodeText.Decode(moved.Bytes, There);
        var over = CodeText.Decode(moved.Bytes.AsSpan(copy.Length), There + copy.Length);
        int at = copy.Length + over.Length;
        Assert.Equal((branch.Code, There.Value + (ulong)at), (copy.Code, copy.NearBranchTarget));
        Assert.Equal(There.Value + (ulong)moved.Bytes.Length, over.NearBranchTarget);
        Assert.Equal(branch.NearBranchTarget, CodeText.Decode(moved.Bytes.AsSpan(at), There + at).NearBranchTarget);
    }

    [Theory]
    // call rsp; call [rsp+8]; a far call; one with more bytes than there is room for.
    [InlineData("ff d4", RelocationObstacle.Call)]
    [InlineData("ff 54 24 08", RelocationObstacle.Call)]
    [InlineData("ff 18", RelocationObstacle.Call)]
    [InlineData("64 41 ff 94 00 00 10 00 00", RelocationObstacle.Call)]
    [InlineData("c7 f8 00 10 00 00", RelocationObstacle.System)]
    [InlineData("0f 05", RelocationObstacle.System)]
    [InlineData("0f 34", RelocationObstacle.System)]
    [InlineData("cd 80", RelocationObstacle.System)]
    [InlineData("cc", RelocationObstacle.System)]
    [InlineData("0f 0b", RelocationObstacle.System)]
    [InlineData("f4", RelocationObstacle.System)]
    public void WhatCannotBeMovedSaysWhy(string hex, RelocationObstacle obstacle)
    {
        var code = CodeText.Bytes(hex);
        var moved = RelocatedInstruction.Move(CodeText.Decode(code, Here), code, There);
        Assert.Equal(obstacle, moved.Obstacle);
        Assert.Empty(moved.Bytes);
    }

    [Theory]
    [InlineData("48 8b 05 f0 ff ff ff")]
    [InlineData("e9 00 00 00 00")]
    [InlineData("74 02")]
    public void FartherThanTwoGigabytesIsOutOfReach(string hex)
    {
        var code = CodeText.Bytes(hex);
        var instruction = CodeText.Decode(code, Here);
        Assert.Equal(RelocationObstacle.None, RelocatedInstruction.Move(instruction, code, Here + 0x7fff_0000L).Obstacle);
        Assert.Equal(RelocationObstacle.OutOfReach, RelocatedInstruction.Move(instruction, code, Here + 0x8000_1000L).Obstacle);
        Assert.Equal(RelocationObstacle.OutOfReach, RelocatedInstruction.Move(instruction, code, Here - 0x8000_1000L).Obstacle);
    }

    /// <summary>A 32 bit address computed from the instruction pointer keeps its value where that can be.</summary>
    [Fact]
    public void EipRelativeOperandsKeepTheirAddressOrAreRefused()
    {
        var low = new Address(0x40_1000);
        var code = CodeText.Bytes("67 8d 05 00 10 00 00");
        var instruction = CodeText.Decode(code, low);
        var moved = RelocatedInstruction.Move(instruction, code, new Address(0x10_0000));
        Assert.Equal(instruction.IPRelativeMemoryAddress, CodeText.Decode(moved.Bytes, new Address(0x10_0000)).IPRelativeMemoryAddress);
        Assert.Equal(RelocationObstacle.OutOfReach, RelocatedInstruction.Move(CodeText.Decode(code, Here), code, There).Obstacle);
    }

    private static RelocatedInstruction Move(byte[] code)
    {
        var moved = RelocatedInstruction.Move(CodeText.Decode(code, Here), code, There);
        Assert.Equal(RelocationObstacle.None, moved.Obstacle);
        return moved;
    }
}
