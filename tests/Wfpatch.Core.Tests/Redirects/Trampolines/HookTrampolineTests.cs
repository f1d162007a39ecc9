// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects.Trampolines;

/// <summary>Hooks, executed: the word is stored, and nothing else has happened, flags included.</summary>
public sealed class HookTrampolineTests
{
    private static readonly Address At = new(0x1_1000_0ff3);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0UL)]
    [InlineData(HostRegisters.UserFlags)]
    public async Task ItStoresWhatItsSetSays(ulong flags)
    {
        await using var function = await StartAsync(RunningFunction.CountsInRax);
        await function.PutAsync(HookTrampoline.WriteSet(At, 0, 0x11223344));
        await function.PutAsync(HookTrampoline.WriteSet(At, 1, 0xfffffffe));
        foreach (var (set, word) in new[] { (-1, 5U), (0, 0x11223344U), (1, 0xfffffffeU), (0, 0x11223344U), (-1, 5U) })
        {
            var select = HookTrampoline.Select(At, set);
            Assert.Single(select.Bytes);
            await function.PutAsync(select);
            await function.Host.SetWordAsync(5);

            var before = HostRegisters.Distinct(At.Value, flags);
            var run = await function.Host.RunAsync(before);

            Assert.Equal((CodeRun.Trap, (RunningFunction.Entry + function.FirstLength).Value), (run.Signal, run.TrapAddress));
            Assert.Equal([HostRegister.Rax, HostRegister.Rip], before.Differences(run.Registers));
            Assert.Equal(word, run.Word);
            Assert.True(run.VectorsKept);
        }
    }

    /// <summary>Open for canaries: who has a grant stores it, who has none stores nothing. The red zone is read by the moved instruction.</summary>
    [Theory]
    [InlineData(0U, 5U, 0UL)]
    [InlineData(0U, 5U, HostRegisters.UserFlags)]
    [InlineData(7U, 7U, 0UL)]
    [InlineData(0xfffffffeU, 0xfffffffeU, HostRegisters.UserFlags)]
    public async Task ItStoresWhatWasGranted(uint grant, uint word, ulong flags)
    {
        await using var function = await StartAsync("48 8b 44 24 f8");
        var stack = RunningFunction.Data + 0x800;
        byte[] redZone = [.. Enumerable.Range(1, 128).Select(i => (byte)i)];
        await function.Host.PutAsync((stack - 128).Value, redZone);
        await function.SetGrantAsync(grant);
        await function.PutAsync(HookTrampoline.Select(At, HookTrampoline.GrantedSet));
        await function.Host.SetWordAsync(5);
        var before = HostRegisters.Distinct(At.Value, flags).With(HostRegister.Rsp, stack.Value);
        var run = await function.Host.RunAsync(before);

        Assert.Equal((CodeRun.Trap, (RunningFunction.Entry + function.FirstLength).Value), (run.Signal, run.TrapAddress));
        Assert.Equal([HostRegister.Rax, HostRegister.Rip], before.Differences(run.Registers));
        Assert.Equal((BitConverter.ToUInt64(redZone, 120), word, true), (run.Registers[HostRegister.Rax], run.Word, run.VectorsKept));
        Assert.Equal(redZone, await function.ReadAsync(stack - 128, 128));
    }

    /// <summary>Led to a view that is not there, by a system call that this kernel refuses or does not have: nothing but the moved instruction has happened, and it reads the red zone.</summary>
    [Theory]
    [InlineData(0UL)]
    [InlineData(HostRegisters.UserFlags)]
    public async Task ItMakesItsCallAndKeepsAllRegisters(ulong flags)
    {
        const int NoView = 77;
        await using var function = await StartAsync("48 8b 44 24 f8", ViewHook.Length);
        var stack = RunningFunction.Data + 0x800;
        byte[] redZone = [.. Enumerable.Range(1, 128).Select(i => (byte)i)];
        await function.Host.PutAsync((stack - 128).Value, redZone);
        var destination = ViewHook.WriteDestination(At, NoView);
        Assert.Equal((0UL, 4), (destination.Address.Value % 4, destination.Bytes.Length));
        await function.PutAsync(destination);
        await function.PutAsync(HookTrampoline.Select(At, HookTrampoline.ViewSet));
        await function.Host.SetWordAsync(5);
        var before = HostRegisters.Distinct(At.Value, flags).With(HostRegister.Rsp, stack.Value);
        var run = await function.Host.RunAsync(before);

        Assert.Equal((CodeRun.Trap, (RunningFunction.Entry + function.FirstLength).Value), (run.Signal, run.TrapAddress));
        Assert.Equal([HostRegister.Rax, HostRegister.Rip], before.Differences(run.Registers));
        Assert.Equal((BitConverter.ToUInt64(redZone, 120), 5U, true), (run.Registers[HostRegister.Rax], run.Word, run.VectorsKept));
        Assert.Equal(redZone, await function.ReadAsync(stack - 128, 128));
    }

    /// <summary>First instructions of every kind do the same through the trampoline as in their own place.</summary>
    [Theory]
    [InlineData("48 8b 05 f9 1f 00 00", 0UL)]
    [InlineData("c7 05 f6 1f 00 00 78 56 34 12", 0UL)]
    [InlineData("80 3d f9 1f 00 00 07", 0UL)]
    [InlineData("48 8d 3d f9 1f 00 00", 0UL)]
    [InlineData("f3 0f 1e fa", 0UL)]
    [InlineData("48 b8 00 11 22 33 44 55 66 77", 0UL)]
    [InlineData("64 48 8b 04 25 28 00 00 00", 0UL)]
    [InlineData("64 48 8b 04 25 00 00 00 00", 0UL)]
    [InlineData("e9 3b 40 00 00", 0UL)]
    [InlineData("0f 84 3a 40 00 00", 0UL)]
    [InlineData("0f 84 3a 40 00 00", 0x40UL)]
    [InlineData("2e 0f 82 39 40 00 00", 1UL)]
    [InlineData("74 03", 0UL)]
    [InlineData("74 03", 0x40UL)]
    [InlineData("eb 05", 0UL)]
    [InlineData("ff 25 fa 1f 00 00", 0UL)]
    [InlineData("48 83 d0 00", 1UL)]
    public async Task FirstInstructionsDoTheSame(string first, ulong flags)
    {
        await using var function = await StartAsync(first);
        await function.Host.PutAsync(RunningFunction.Data.Value, BitConverter.GetBytes(RunningFunction.Elsewhere.Value));
        var own = await function.Host.RunAsync(HostRegisters.Distinct(RunningFunction.Entry.Value, flags));
        await function.Host.PutAsync(RunningFunction.Data.Value, BitConverter.GetBytes(RunningFunction.Elsewhere.Value));
        var moved = await function.Host.RunAsync(HostRegisters.Distinct(At.Value, flags));
        Assert.Equal(CodeRun.Trap, own.Signal);
        Assert.Equal(own.Signal, moved.Signal);
        Assert.Empty(own.Registers.Differences(moved.Registers));
        Assert.Equal((own.Word, own.VectorsKept), (moved.Word, moved.VectorsKept));
    }

    private static async Task<RunningFunction> StartAsync(string first, int length = HookTrampoline.Length)
    {
        var function = await RunningFunction.StartAsync(first, Cancel);
        await function.MapAsync(AddressRange.OfLength(At, length));
        await function.PutAsync(HookTrampoline.Initial(function.PlanAt(At, length)));
        return function;
    }
}
