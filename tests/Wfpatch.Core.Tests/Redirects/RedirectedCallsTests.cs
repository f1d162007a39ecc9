// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Linux;
using Wfpatch.Testing.Redirects;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>
/// Several hundred functions of libc, libm, libcrypto and libstdc++ in one running program, all redirected at once: they give
/// what they gave before, through the pass block, through a bank and through a slot, and when their entries are as they were.
/// </summary>
public sealed class RedirectedCallsTests(ITestOutputHelper output)
{
    private const uint NobodysGeneration = 7;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ResultsAreTheSame(bool crowded)
    {
        await using var target = await TestTarget.StartAsync("redirected-calls", cancel: Cancel);
        var before = await CallAsync(target);
        Assert.Equal(before, await CallAsync(target));

        var functions = await WhereAsync(target);
        var mapped = new ProcFs(target.Id).ReadMappings().Select(m => m.Range).ToList();
        var space = new AddressSpaceMap(crowded ? [.. mapped, .. Stripes(new Address(functions.Values.Min(a => a.Value)))] : mapped, [], []);
        var plans = Plan(target, functions.Values.Distinct(), space);
        var evicted = plans.SelectMany(p => p.All.SkipLast(1)).ToList();
        output.WriteLine($"{functions.Count} names, {plans.Count} functions redirected ({evicted.Count} with an evicted instruction), {space.NewPages.Count} pages for trampolines");
        Assert.True(plans.Count > (crowded ? 200 : 250), $"{plans.Count} functions");
        Assert.True(!crowded || evicted.Count > 20, $"{evicted.Count} evicted");
        Assert.Equal("ok", await target.AskAsync($"map {string.Join(' ', space.NewPages.Select(p => p.Value.ToString("x", CultureInfo.InvariantCulture)))}", Cancel));

        Write(target, plans.Select(p => DispatchTrampoline.Initial(p)));
        Write(target, evicted.Select(PassTrampoline.Initial));
        Write(target, evicted.Select(e => new CodeWrite(e.Write.Address, e.Write.New.ToArray())));
        Assert.Equal(before, await CallAsync(target));
        Write(target, plans.Select(p => new CodeWrite(p.Write.Address, p.Write.New.ToArray())));
        Assert.Equal(before, await CallAsync(target));

        Write(target, plans.Select(p => DispatchTrampoline.WriteBank(p.Trampoline, 1, NobodysGeneration, p.Trampoline, DispatchTrampoline.PassAddress(p.Trampoline))));
        Write(target, plans.Select(p => DispatchTrampoline.Select(p.Trampoline, DispatchTrampoline.Block.Bank1)));
        Assert.Equal(before, await CallAsync(target));

        Write(target, plans.Select(p => DispatchTrampoline.WriteSlot(p.Trampoline, 1, DispatchTrampoline.PassAddress(p.Trampoline))));
        Write(target, plans.Select(p => DispatchTrampoline.SwitchSlot(p.Trampoline, 1, on: true)));
        Assert.Equal(before, await CallAsync(target));
        await AssertSlotIsTakenAsync(target, plans.First(p => p.Entry == functions["toupper"]), plans.First(p => p.Entry == functions["tolower"]), before);

        Write(target, plans.Select(p => new CodeWrite(p.Write.Address, p.Write.Old.ToArray())));
        Assert.Equal(before, await CallAsync(target));
    }

    /// <summary>Seven eighths of all memory, as if they were taken: then many functions have no place without an eviction.</summary>
    private static IEnumerable<AddressRange> Stripes(Address around)
    {
        const long Step = 16 << 20, Reach = 3L << 30;
        for (long at = -Reach; at < Reach; at += Step)
        {
            yield return AddressRange.OfLength(around.PageStart + at, Step / 8 * 7);
        }
    }

    /// <summary>The calls do go by the trampolines: a slot that leads into another function gives that one's results.</summary>
    private static async Task AssertSlotIsTakenAsync(TestTarget target, RedirectPlan plan, RedirectPlan other, List<(string Name, string Value)> before)
    {
        Write(target, [DispatchTrampoline.WriteSlot(plan.Trampoline, 0, DispatchTrampoline.PassAddress(other.Trampoline)), DispatchTrampoline.SwitchSlot(plan.Trampoline, 0, on: true)]);
        var changed = (await CallAsync(target)).Except(before);
        Assert.Equal(("toupper", before.First(c => c.Name == "tolower").Value), Assert.Single(changed));
        Write(target, [DispatchTrampoline.SwitchSlot(plan.Trampoline, 0, on: false)]);
    }

    /// <summary>Functions that have no entry in the unwind table, or that are refused, stay as they are.</summary>
    private static List<RedirectPlan> Plan(TestTarget target, IEnumerable<Address> entries, AddressSpaceMap space)
    {
        var mappings = new ProcFs(target.Id).ReadMappings();
        var libraries = mappings.Where(m => InstalledBinary.Libraries.Contains(m.FileName) && m.FileOffset == 0)
            .Select(m => InstalledBinary.LoadFile(m.Path, m.FileName, m.Range.Start))
            .ToList();
        List<RedirectPlan> plans = [];
        foreach (var entry in entries)
        {
            var library = libraries.FirstOrDefault(l => l.Range.Contains(entry));
            var function = library?.Functions.FirstOrDefault(f => f.Start == entry) ?? default;
            if (function.Length > 0 && library!.Read(function) is { } code
                && RedirectPlanner.Plan($"{entry}", function, code, space, DispatchTrampoline.Length, library.Range, RedirectMeans.All).Plan is { } plan)
            {
                plans.Add(plan);
            }
        }
        return plans;
    }

    private static void Write(TestTarget target, IEnumerable<CodeWrite> writes)
    {
        using var memory = new FileStream($"/proc/{target.Id}/mem", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        foreach (var write in writes)
        {
            RandomAccess.Write(memory.SafeFileHandle, write.Bytes, (long)write.Address.Value);
        }
    }

    private static async Task<ImmutableSortedDictionary<string, Address>> WhereAsync(TestTarget target) =>
        (await ListAsync(target, "where")).ToImmutableSortedDictionary(
            l => l.Name, l => new Address(ulong.Parse(l.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));

    private static async Task<List<(string Name, string Value)>> CallAsync(TestTarget target) => await ListAsync(target, "call");

    private static async Task<List<(string Name, string Value)>> ListAsync(TestTarget target, string command)
    {
        List<(string, string)> lines = [];
        for (string line = await target.AskAsync(command, Cancel); line != "end"; line = await target.ReadLineAsync(Cancel))
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            lines.Add((line[..space], line[(space + 1)..]));
        }
        return lines;
    }
}
