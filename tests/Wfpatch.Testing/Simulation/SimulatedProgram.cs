// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Plans;
using Wfpatch.Core.Redirects;

namespace Wfpatch.Testing.Simulation;

/// <summary>A function of the simulated program. Only its beginning is real code.</summary>
/// <param name="Body">Where its beginning has been executed and the rest, which is not interpreted, begins.</param>
public sealed record SimulatedFunction(string Name, AddressRange Range, Address Body)
{
    public Address Entry => Range.Start;
}

/// <summary>
/// The code of a simulated target: functions that patches replace, the quiescence point (the function that handles one
/// request), the start routine of threads, and patches whose new code has been linked. Their beginnings are real instructions of
/// several kinds, so that all tactics are used.
/// </summary>
public sealed class SimulatedProgram
{
    public static readonly AddressRange Region = AddressRange.OfLength(new Address(0x5555_5800_0000), JournalLayout.RegionLength);

    /// <summary>Where a thread is between two requests, and where in a signal handler.</summary>
    public static readonly Address Loop = new(0x5555_5556_8000), Handler = new(0x5555_5556_8100);

    private const int FunctionLength = 0x40;
    private const ulong Code = 0x5555_5556_0000, NewCode = 0x5555_5804_1000;

    /// <summary>First instructions with what stands behind them; the displacements of punned jumps lead to free memory.</summary>
    private static readonly ImmutableArray<(string Hex, int First)> Beginnings =
    [
        ("5548 89e5 08", 1), ("4883ec18 31c010", 4), ("f30f1efa 5508", 4), ("4881ec88000000 90", 7), ("4157 4156 08", 2), ("488d3d10203000 08", 7), ("31c0 10203010", 2), ("55 be04000000", 6),
    ];

    private readonly Dictionary<Address, (int Function, int Version)> _bodies = [];

    /// <param name="patches">For each patch the functions that it replaces.</param>
    public SimulatedProgram(int functions, ImmutableArray<ImmutableArray<int>> patches)
    {
        Memory.Map(AddressRange.OfLength(new Address(Code), 0x9000));
        Memory.Map(Region);
        Functions = [.. Enumerable.Range(0, functions).Select(i => Place($"f{i}", new Address(Code + (ulong)(i * 0x100)), Beginnings[i % Beginnings.Length]))];
        Point = Place("handle_request", new Address(Code + 0x6000), ("5548 89e5 4883ec18 c3", 8));
        Start = Place("start_thread", new Address(Code + 0x7000), ("f30f1efa 4154 55 c3", 7));
        Clone = Place("clone", new Address(Code + 0x7800), ("48c7c0eaffffff 4885ff 743e c3", 10));
        Original = new SegmentedMemory([(new Address(Code), Memory.Read(new Address(Code), 0x9000)!)]);
        Images = [.. patches.Select(Link)];
        for (int i = 0; i < functions; i++)
        {
            _bodies.Add(Functions[i].Body, (i, 0));
        }
    }

    public SimulatedMemory Memory { get; } = new();

    /// <summary>The code as it was loaded.</summary>
    public IMemory Original { get; }

    public ImmutableArray<SimulatedFunction> Functions { get; }

    public SimulatedFunction Point { get; }

    public SimulatedFunction Start { get; }

    /// <summary>By which threads create threads.</summary>
    public SimulatedFunction Clone { get; }

    public ImmutableArray<ImageState> Images { get; }

    /// <summary>Which function's which version begins there; version N is patch N - 1, 0 the original.</summary>
    public bool TryFindBody(Address at, out (int Function, int Version) body) => _bodies.TryGetValue(at, out body);

    /// <summary>The version of a function under some patches.</summary>
    public int VersionOf(int function, TargetState state, ImmutableArray<AppliedPatch> applied)
    {
        var image = state.VersionOf(Functions[function].Entry, applied);
        return image is null ? 0 : 1 + FindPatch(image);
    }

    public int FindPatch(ImageState image)
    {
        for (int i = 0; i < Images.Length; i++)
        {
            if (Images[i].PatchId == image.PatchId)
            {
                return i;
            }
        }
        return -1;
    }

    public RedirectPlan PlanRedirect(SimulatedFunction function, AddressSpaceMap space, int length, bool hook)
    {
        var code = Original.Read(function.Entry, FunctionLength)!;
        var (plan, refusal) = hook
            ? RedirectPlanner.PlanHook(function.Name, function.Range, code, space, length)
            : RedirectPlanner.Plan(function.Name, function.Range, code, space, length, Region, RedirectMeans.Evict);
        return plan ?? throw new InvalidOperationException(refusal!.Sentence);
    }

    private SimulatedFunction Place(string name, Address at, (string Hex, int First) beginning)
    {
        Memory.Write(at, [.. Enumerable.Repeat((byte)0x90, FunctionLength)]);
        Memory.Write(at, Convert.FromHexString(beginning.Hex.Replace(" ", "", StringComparison.Ordinal)));
        return new SimulatedFunction(name, AddressRange.OfLength(at, FunctionLength), at + beginning.First);
    }

    private ImageState Link(ImmutableArray<int> replaced, int patch)
    {
        var range = AddressRange.OfLength(new Address(NewCode + (ulong)(patch * 0x1000)), 0x1000);
        var functions = replaced.Select(f =>
        {
            var version = AddressRange.OfLength(range.Start + (f * FunctionLength), FunctionLength);
            _bodies.Add(version.Start, (f, patch + 1));
            return new ReplacedFunction(Functions[f].Name, Functions[f].Entry, Functions[f].Range, version);
        });
        return new ImageState($"id{patch}", $"patch{patch}", "", range, default, [.. functions], [])
        {
            Checksum = Fnv1a.Compute(Memory.Read(range.Start, (int)range.Length)),
        };
    }
}
