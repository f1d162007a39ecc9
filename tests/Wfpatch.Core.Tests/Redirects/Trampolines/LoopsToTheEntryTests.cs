// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Tests.X86;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects.Trampolines;

/// <summary>Functions that branch back to their entry, or stay at it: executed through a dispatcher, they do what they did.</summary>
public sealed class LoopsToTheEntryTests
{
    private const uint New = 7;
    private const ulong Rounds = 5;
    private static readonly Address Entry = new(0x1_0000_0000), Version = new(0x1_2000_0000);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("48 8d 40 01 e2 fa", "lea rax, [rax+1]; loop entry")]
    [InlineData("e2 fe 90", "loop to itself")]
    [InlineData("67 e3 05 90 90 e2 f9 90 90 90", "jecxz; ...; loop entry")]
    [InlineData("f3 a6", "repe cmpsb")]
    [InlineData("48 ff c9 75 fb", "dec rcx; jnz entry")]
    public async Task TheyDoWhatTheyDid(string hex, string name)
    {
        await using var host = await CodeHost.StartAsync(Cancel);
        byte[] code = [.. CodeText.Bytes(hex), .. Enumerable.Repeat((byte)0xcc, 64)];
        await host.TryMapAsync(Entry.Value, 0x1000);
        await host.TryMapAsync(Version.Value, 0x1000);
        await host.PutAsync(Entry.Value, code);
        await host.PutAsync(Version.Value, [0xcc]);
        var before = Registers();
        var expected = await host.RunAsync(before);

        var function = AddressRange.OfLength(Entry, CodeText.Bytes(hex).Length);
        var (plan, refusal) = RedirectPlanner.Plan(
            name, function, code, new AddressSpaceMap([function, AddressRange.OfLength(Version, 0x1000)], [], []), DispatchTrampoline.Length, AddressRange.OfLength(Version, 0x1000));
        Assert.True(plan is not null, refusal?.Sentence);
        for (var page = plan.TrampolineRange.Start.PageStart; page < plan.TrampolineRange.End; page += (long)Address.PageSize)
        {
            await host.TryMapAsync(page.Value, Address.PageSize);
        }
        var pass = DispatchTrampoline.PassAddress(plan.Trampoline);
        foreach (var write in (CodeWrite[])
        [
            DispatchTrampoline.Initial(plan), DispatchTrampoline.WriteBank(plan.Trampoline, 0, New, Version, pass),
            DispatchTrampoline.Select(plan.Trampoline, DispatchTrampoline.Block.Bank0), new(plan.Write.Address, plan.Write.New.ToArray()),
        ])
        {
            await host.PutAsync(write.Address.Value, write.Bytes);
        }
        await host.SetWordAsync(0);
        var old = await host.RunAsync(before);
        Assert.Equal((expected.Signal, expected.TrapAddress), (old.Signal, old.TrapAddress));
        Assert.Empty(expected.Registers.Differences(old.Registers).Except([HostRegister.Flags]));

        await host.SetWordAsync(New);
        Assert.Equal(Version.Value, (await host.RunAsync(before)).TrapAddress);
    }

    private static HostRegisters Registers() =>
        HostRegisters.Distinct(Entry.Value, 0).With(HostRegister.Rcx, Rounds).With(HostRegister.Rsi, Entry.Value + 32).With(HostRegister.Rdi, Entry.Value + 32);
}
