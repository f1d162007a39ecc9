// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Tests.X86;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects.Trampolines;

/// <summary>A function in a process that executes it for real. It ends at an int3 behind its first instruction; so do its new
/// versions, which are nothing else.</summary>
internal sealed class RunningFunction : IAsyncDisposable
{
    /// <summary>lea rax, [rax+1]: seen to have been executed once, and no flags.</summary>
    public const string CountsInRax = "48 8d 40 01";

    public static readonly Address Entry = new(0x1_0000_0000), Data = new(0x1_0000_2000), Elsewhere = new(0x1_0000_4040), Scratch = new(0x1_0000_4800);

    private static readonly Address Versions = new(0x1_2000_0000);

    private RunningFunction(CodeHost host, byte[] code, int firstLength)
    {
        Host = host;
        Code = code;
        FirstLength = firstLength;
    }

    public CodeHost Host { get; }

    /// <summary>The function's bytes; the int3 behind the first instruction, and nops.</summary>
    public byte[] Code { get; }

    public int FirstLength { get; }

    public static Address Version(int number) => Versions + (number * 16L);

    public static async Task<RunningFunction> StartAsync(string first, CancellationToken cancel)
    {
        var host = await CodeHost.StartAsync(cancel);
        var bytes = CodeText.Bytes(first);
        byte[] code = [.. bytes, .. Enumerable.Repeat((byte)0xcc, EntryCode.CodeBytes)];
        var running = new RunningFunction(host, code, bytes.Length);
        await running.MapAsync(AddressRange.OfLength(Entry, 0x5000));
        await running.MapAsync(AddressRange.OfLength(Versions, 0x1000));
        await host.PutAsync(Entry.Value, code);
        await host.PutAsync(Versions.Value, [.. Enumerable.Repeat((byte)0xcc, 0x1000)]);
        await host.PutAsync(Elsewhere.Value - 64, [.. Enumerable.Repeat((byte)0xcc, 128)]);
        return running;
    }

    /// <summary>A plan that puts the trampoline anywhere; the entry is not part of it.</summary>
    public RedirectPlan PlanAt(Address trampoline, int length) => new(
        Entry, "test", Code.AsMemory(0, FirstLength), new EntryWrite(Entry, Code.AsMemory(0, 1), new byte[] { 0xe9 }), Entry, trampoline, length);

    public async Task MapAsync(AddressRange range)
    {
        for (var page = range.Start.PageStart; page < range.End; page += (long)Address.PageSize)
        {
            Assert.True(await Host.TryMapAsync(page.Value, Address.PageSize));
        }
    }

    public Task PutAsync(CodeWrite write) => Host.PutAsync(write.Address.Value, write.Bytes);

    /// <summary>Calls at an address with a word in the thread; gives the version that is reached. Nothing but flags and, in the
    /// old version, rax may have changed. There is no stack.</summary>
    public async Task<int> CallAsync(Address at, uint word)
    {
        await Host.SetWordAsync(word);
        var before = HostRegisters.Distinct(at.Value, 0);
        var run = await Host.RunAsync(before);
        Assert.Equal(CodeRun.Trap, run.Signal);
        Assert.True(run.VectorsKept);
        Assert.Equal(word, run.Word);
        bool isOld = run.TrapAddress == (Entry + FirstLength).Value;
        var changed = before.Differences(run.Registers).Except([HostRegister.Rip, HostRegister.Flags]);
        Assert.Equal(isOld ? [HostRegister.Rax] : [], changed);
        Assert.True(!isOld || run.Registers[HostRegister.Rax] == before[HostRegister.Rax] + 1);
        return isOld ? 0 : (int)((run.TrapAddress - Versions.Value) / 16);
    }

    /// <summary>movl $grant, %fs:0x88</summary>
    public async Task SetGrantAsync(uint grant)
    {
        await Host.PutAsync(Scratch.Value, [0x64, 0xc7, 0x04, 0x25, ThreadWord.GrantOffset, 0, 0, 0, .. BitConverter.GetBytes(grant), 0xcc]);
        Assert.Equal(CodeRun.Trap, (await Host.RunAsync(HostRegisters.Distinct(Scratch.Value, 0))).Signal);
    }

    /// <summary>Bytes of the process, eight at a time (movabs).</summary>
    public async Task<byte[]> ReadAsync(Address at, int length)
    {
        List<byte> bytes = [];
        for (; bytes.Count < length; at += 8)
        {
            await Host.PutAsync(Scratch.Value, [0x48, 0xa1, .. BitConverter.GetBytes(at.Value), 0xcc]);
            bytes.AddRange(BitConverter.GetBytes((await Host.RunAsync(HostRegisters.Distinct(Scratch.Value, 0))).Registers[HostRegister.Rax]));
        }
        return [.. bytes.Take(length)];
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
