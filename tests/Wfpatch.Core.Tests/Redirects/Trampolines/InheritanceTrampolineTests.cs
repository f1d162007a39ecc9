// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects.Trampolines;

/// <summary>What clone and clone3 lead to while canaries are tried, executed: a new thread's control block gets its creator's number
/// and grant, over what an earlier thread left there, and nothing else has happened.</summary>
public sealed class InheritanceTrampolineTests
{
    private const uint Thread = 0x3d0f00, Vfork = 0x4100, Stale = 0x99999999;

    private static readonly Address At = new(0x1_1000_0ff3), Arguments = RunningFunction.Data, Block = RunningFunction.Data + 0x800;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, Thread, true, true)]
    [InlineData(true, Thread, true, true)]
    [InlineData(false, Vfork, true, false)] // no CLONE_SETTLS: the creator's own block
    [InlineData(true, Vfork, true, false)]
    [InlineData(false, Thread, false, false)] // a block that is not glibc's
    [InlineData(true, Thread, false, false)]
    public async Task ANewThreadGetsItsCreatorsNumberAndGrant(bool isClone3, uint flags, bool isGlibcs, bool inherits)
    {
        await using var function = await StartAsync(isClone3);
        ulong self = isGlibcs ? Block.Value : 0;
        await function.Host.PutAsync(Block.Value, [.. BitConverter.GetBytes(self), .. new byte[8], .. BitConverter.GetBytes(self)]);
        await function.Host.PutAsync((Block + 0x78).Value, [.. Enumerable.Repeat((byte)0x99, 0x20)]);
        await function.Host.PutAsync(Arguments.Value, [.. BitConverter.GetBytes((ulong)flags), .. new byte[48], .. BitConverter.GetBytes(Block.Value)]);
        await function.SetGrantAsync(42);
        await function.Host.SetWordAsync(41);
        var before = HostRegisters.Distinct(At.Value, 0);
        before = isClone3
            ? before.With(HostRegister.Rdi, Arguments.Value)
            : before.With(HostRegister.Rdx, flags).With(HostRegister.R9, Block.Value);
        await ExpectPassesAsync(function, before, 41);

        var block = await function.ReadAsync(Block + 0x78, 0x20);
        Assert.Equal(
            [Stale, Stale, inherits ? 41 : Stale, Stale, inherits ? 42 : Stale, Stale, Stale, Stale],
            Enumerable.Range(0, 8).Select(i => BitConverter.ToUInt32(block, 4 * i)));
    }

    /// <summary>clone3 checks its arguments itself.</summary>
    [Fact]
    public async Task NoArgumentsAreLeftToClone3()
    {
        await using var function = await StartAsync(isClone3: true);
        await function.Host.SetWordAsync(41);
        await ExpectPassesAsync(function, HostRegisters.Distinct(At.Value, 0).With(HostRegister.Rdi, 0), 41);
    }

    private static async Task ExpectPassesAsync(RunningFunction function, HostRegisters before, uint word)
    {
        var run = await function.Host.RunAsync(before);
        Assert.Equal((CodeRun.Trap, (RunningFunction.Entry + function.FirstLength).Value), (run.Signal, run.TrapAddress));
        Assert.Empty(before.Differences(run.Registers).Except([HostRegister.R10, HostRegister.R11, HostRegister.Flags, HostRegister.Rax, HostRegister.Rip]));
        Assert.Equal((before[HostRegister.Rax] + 1, word, true), (run.Registers[HostRegister.Rax], run.Word, run.VectorsKept));
    }

    private static async Task<RunningFunction> StartAsync(bool isClone3)
    {
        var function = await RunningFunction.StartAsync(RunningFunction.CountsInRax, Cancel);
        await function.MapAsync(AddressRange.OfLength(At, InheritanceTrampoline.Length));
        await function.PutAsync(InheritanceTrampoline.Initial(function.PlanAt(At, InheritanceTrampoline.Length), isClone3));
        return function;
    }
}
