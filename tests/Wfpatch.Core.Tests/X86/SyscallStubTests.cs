// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.X86;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Core.Tests.X86;

/// <summary>The code that a borrowed thread runs: what it is, and what it does on a real processor.</summary>
public sealed class SyscallStubTests
{
    private const ulong StubAt = 0x1000_0000, LandAt = 0x2_3456_7000;

    private static readonly AddressRange First = AddressRange.OfLength(new Address(0x1_5000_0000), 0x1000);
    private static readonly AddressRange Second = AddressRange.OfLength(new Address(0x6_0000_3000), 0x5000);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void ItIsLoadsAndSystemCallsAndOneJump()
    {
        var resume = new ResumeRegisters(LandAt, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        var code = Encode([SyscallStub.MapExecutable(First), SyscallStub.MapExecutable(Second)], resume);
        var instructions = Wfpatch.Core.X86.CodeReader.Decode(code.AsMemory(0, code.Length - 8), new Address(StubAt)).ToList();
        Assert.Equal(2, instructions.Count(i => i.Mnemonic == Mnemonic.Syscall));
        Assert.Equal(Mnemonic.Jmp, instructions[^1].Mnemonic);
        Assert.Equal(StubAt + (ulong)code.Length - 8, instructions[^1].IPRelativeMemoryAddress);
        Assert.Equal(LandAt, BitConverter.ToUInt64(code, code.Length - 8));
        // No stack and no flags: nothing but loads of 64 bit constants beside the calls.
        Assert.All(instructions[..^1].Where(i => i.Mnemonic != Mnemonic.Syscall), i =>
        {
            Assert.Equal(Mnemonic.Mov, i.Mnemonic);
            Assert.Equal(OpKind.Immediate64, i.Op1Kind);
            Assert.Equal(RflagsBits.None, i.RflagsModified);
        });
        string[] arguments = ["rdi", "rsi", "rdx", "r10", "r8", "r9", "rax"];
        Assert.Equal(arguments, instructions[..7].Select(i => i.Op0Register.ToString().ToLowerInvariant()));
        Assert.Equal([First.Start.Value, First.Length, 5UL, 0x100022UL, ulong.MaxValue, 0UL, 9UL], instructions[..7].Select(i => i.Immediate64));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void TheLengthIsExactForSixArguments(int requests) =>
        Assert.Equal(SyscallStub.LengthFor(requests), Encode([.. Enumerable.Repeat(SyscallStub.MapExecutable(First), requests)], default).Length);

    /// <summary>Run for real: memory is mapped, and every register, the flags and the vectors are as if nothing had happened.</summary>
    [Theory]
    [InlineData(0UL)]
    [InlineData(0x41UL)]
    [InlineData(HostRegisters.UserFlags)]
    public async Task TheThreadGoesOnAsItWas(ulong flags)
    {
        await using var host = await CodeHost.StartAsync(Cancel);
        Assert.True(await host.TryMapAsync(StubAt, 0x1000) && await host.TryMapAsync(LandAt, 0x1000));
        var before = HostRegisters.Distinct(StubAt, flags);
        await host.PutAsync(StubAt, Encode([SyscallStub.MapExecutable(First), SyscallStub.MapExecutable(Second)], Resume(before)));
        await host.PutAsync(LandAt, [0xcc]);

        var run = await host.RunAsync(before);

        Assert.Equal(CodeRun.Trap, run.Signal);
        Assert.Equal(LandAt, run.TrapAddress);
        Assert.Empty(before.With(HostRegister.Rip, LandAt + 1).Differences(run.Registers));
        Assert.True(run.VectorsKept);
        string[] maps = await File.ReadAllLinesAsync($"/proc/{host.Id}/maps", Cancel);
        foreach (var range in new[] { First, Second })
        {
            string line = Assert.Single(maps, m => m.StartsWith($"{range.Start.Value:x}-{range.End.Value:x} ", StringComparison.Ordinal));
            Assert.Contains(" r-xp ", line, StringComparison.Ordinal);
        }
    }

    /// <summary>Where something is mapped already, nothing is replaced, and the thread still gets itself back.</summary>
    [Fact]
    public async Task MemoryThatIsThereIsNotReplaced()
    {
        await using var host = await CodeHost.StartAsync(Cancel);
        Assert.True(await host.TryMapAsync(StubAt, 0x1000) && await host.TryMapAsync(LandAt, 0x1000) && await host.TryMapAsync(First.Start.Value, 0x1000));
        await host.PutAsync(First.Start.Value, [0x42]);
        var before = HostRegisters.Distinct(StubAt, 0);
        await host.PutAsync(StubAt, Encode([SyscallStub.MapExecutable(First)], Resume(before)));
        await host.PutAsync(LandAt, [0xcc]);

        var run = await host.RunAsync(before);

        Assert.Empty(before.With(HostRegister.Rip, LandAt + 1).Differences(run.Registers));
        string[] maps = await File.ReadAllLinesAsync($"/proc/{host.Id}/maps", Cancel);
        Assert.Contains(" rwxp ", Assert.Single(maps, m => m.StartsWith($"{First.Start.Value:x}-", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private static byte[] Encode(SyscallRequest[] requests, ResumeRegisters resume)
    {
        var code = new byte[SyscallStub.LengthFor(requests.Length)];
        return code[..SyscallStub.Encode(requests, in resume, code)];
    }

    private static ResumeRegisters Resume(HostRegisters r) => new(
        LandAt, r[HostRegister.Rax], r[HostRegister.Rdi], r[HostRegister.Rsi], r[HostRegister.Rdx], r[HostRegister.R10],
        r[HostRegister.R8], r[HostRegister.R9], r[HostRegister.Rcx], r[HostRegister.R11]);
}
