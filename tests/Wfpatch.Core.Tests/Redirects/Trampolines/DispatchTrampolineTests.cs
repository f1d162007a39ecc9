// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects.Trampolines;

/// <summary>Every state of a dispatching trampoline, executed. It lies across the end of a page.</summary>
public sealed class DispatchTrampolineTests
{
    private const uint New = 7;

    private static readonly Address At = new(0x1_1000_0fd3);
    private static readonly uint[] OtherWords = [0, New - 1, New + 1, 0x700, uint.MaxValue];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FirstItPassesEverything()
    {
        await using var function = await StartAsync();
        foreach (uint word in OtherWords.Append(New))
        {
            Assert.Equal(0, await function.CallAsync(At, word));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ABankDividesByTheWord(int bank)
    {
        await using var function = await StartAsync();
        await function.PutAsync(DispatchTrampoline.WriteBank(At, bank, New, RunningFunction.Version(1), DispatchTrampoline.PassAddress(At)));
        Assert.Equal(0, await function.CallAsync(At, New));
        await PutOneByteAsync(function, DispatchTrampoline.Select(At, Block(bank)));
        Assert.Equal(1, await function.CallAsync(At, New));
        foreach (uint word in OtherWords)
        {
            Assert.Equal(0, await function.CallAsync(At, word));
        }
        await PutOneByteAsync(function, DispatchTrampoline.Select(At, DispatchTrampoline.Block.Pass));
        Assert.Equal(0, await function.CallAsync(At, New));
    }

    /// <summary>Whatever the thread's own word says.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task AHeadDividesByTheWordOfAll(int bank)
    {
        var word = At.PageStart + 0x10_0018L;
        await using var function = await StartAsync();
        await function.MapAsync(AddressRange.OfLength(word.PageStart, (long)Address.PageSize));
        await function.PutAsync(DispatchTrampoline.WriteBank(At, bank, New, RunningFunction.Version(1), DispatchTrampoline.PassAddress(At)));
        await function.PutAsync(DispatchTrampoline.WriteGlobalHead(At, bank, word, New));
        await PutOneByteAsync(function, DispatchTrampoline.Select(At, DispatchTrampoline.BlockOf(bank, isGlobal: true)));
        foreach (uint other in OtherWords)
        {
            await function.PutAsync(GlobalWord.Write(word, other));
            Assert.Equal((0, 0), (await function.CallAsync(At, 0), await function.CallAsync(At, New)));
        }
        await function.PutAsync(GlobalWord.Write(word, New));
        Assert.Equal((1, 1), (await function.CallAsync(At, 0), await function.CallAsync(At, New)));
        await PutOneByteAsync(function, DispatchTrampoline.Select(At, DispatchTrampoline.BlockOf(bank, isGlobal: false)));
        Assert.Equal((0, 1), (await function.CallAsync(At, 0), await function.CallAsync(At, New)));
    }

    /// <summary>On top of an earlier patch: the others get its version. And back: those of the generation get the original.</summary>
    [Fact]
    public async Task ABankLeadsBetweenAnyTwoVersions()
    {
        await using var function = await StartAsync();
        await function.PutAsync(DispatchTrampoline.WriteBank(At, 1, New, RunningFunction.Version(2), RunningFunction.Version(1)));
        await function.PutAsync(DispatchTrampoline.Select(At, DispatchTrampoline.Block.Bank1));
        Assert.Equal((2, 1), (await function.CallAsync(At, New), await function.CallAsync(At, 0)));
        await function.PutAsync(DispatchTrampoline.WriteBank(At, 0, New + 1, DispatchTrampoline.PassAddress(At), RunningFunction.Version(2)));
        await PutOneByteAsync(function, DispatchTrampoline.Select(At, DispatchTrampoline.Block.Bank0));
        Assert.Equal((0, 2), (await function.CallAsync(At, New + 1), await function.CallAsync(At, New)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ASlotThatIsOnIsForEverybody(int slot)
    {
        await using var function = await StartAsync();
        await function.PutAsync(DispatchTrampoline.WriteBank(At, 0, New, RunningFunction.Version(3), DispatchTrampoline.PassAddress(At)));
        await function.PutAsync(DispatchTrampoline.Select(At, DispatchTrampoline.Block.Bank0));
        await function.PutAsync(DispatchTrampoline.WriteSlot(At, slot, RunningFunction.Version(slot + 1)));
        Assert.Equal((3, 0), (await function.CallAsync(At, New), await function.CallAsync(At, 0)));
        await PutOneByteAsync(function, DispatchTrampoline.SwitchSlot(At, slot, on: true));
        Assert.Equal((slot + 1, slot + 1), (await function.CallAsync(At, New), await function.CallAsync(At, 0)));
        await PutOneByteAsync(function, DispatchTrampoline.SwitchSlot(At, slot, on: false));
        Assert.Equal((3, 0), (await function.CallAsync(At, New), await function.CallAsync(At, 0)));
    }

    /// <summary>Whatever part of a slot's displacement has been written: it is the operand of a test that does nothing.</summary>
    [Fact]
    public async Task AHalfWrittenSlotDoesNothing()
    {
        await using var function = await StartAsync();
        var write = DispatchTrampoline.WriteSlot(At, 1, RunningFunction.Version(1));
        for (int done = 0; done < write.Bytes.Length; done++)
        {
            await function.PutAsync(new CodeWrite(write.Address + done, [write.Bytes[done]]));
            Assert.Equal(0, await function.CallAsync(At, New));
        }
    }

    [Fact]
    public void WhatIsOutOfReachIsNotWritten() =>
        Assert.Throws<InvalidOperationException>(() => DispatchTrampoline.WriteSlot(At, 0, At + 0x8000_0010L));

    private static async Task<RunningFunction> StartAsync()
    {
        var function = await RunningFunction.StartAsync(RunningFunction.CountsInRax, Cancel);
        await function.MapAsync(AddressRange.OfLength(At, DispatchTrampoline.Length));
        await function.PutAsync(DispatchTrampoline.Initial(function.PlanAt(At, DispatchTrampoline.Length)));
        return function;
    }

    private static async Task PutOneByteAsync(RunningFunction function, CodeWrite write)
    {
        Assert.Single(write.Bytes);
        await function.PutAsync(write);
    }

    private static DispatchTrampoline.Block Block(int bank) => bank == 0 ? DispatchTrampoline.Block.Bank0 : DispatchTrampoline.Block.Bank1;
}
