// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Quiescence;

/// <summary>
/// Functions that may be on a thread's stack when it comes by a point: the function with the point, and all that reach it by
/// direct calls or jumps within the same object. What reaches it through a pointer, as the start of a thread does, cannot be told.
/// </summary>
public static class BelowPoints
{
    private const int LongestFunction = 1 << 24;

    /// <summary>The functions' starts.</summary>
    /// <param name="functions">All functions of the object, by address.</param>
    /// <param name="memory">Their code, as it was before anything was redirected.</param>
    /// <param name="withPoint">Those that hold a point.</param>
    public static ImmutableHashSet<Address> Find(ImmutableArray<AddressRange> functions, IMemory memory, IEnumerable<AddressRange> withPoint)
    {
        var callers = FindCallers(functions, memory);
        var below = ImmutableHashSet.CreateBuilder<Address>();
        var open = new Stack<Address>(withPoint.Select(f => f.Start));
        while (open.TryPop(out var function))
        {
            if (below.Add(function))
            {
                foreach (var caller in callers.GetValueOrDefault(function) ?? [])
                {
                    open.Push(caller);
                }
            }
        }
        return below.ToImmutable();
    }

    /// <summary>Functions that jump to another one's start: where that is entered so, they are on no stack.</summary>
    public static ImmutableArray<AddressRange> FindJumpers(ImmutableArray<AddressRange> functions, IMemory memory, AddressRange entered) =>
    [
        .. functions.Where(f => f.Length <= LongestFunction && f.Start != entered.Start)
            .Where(f => Branches(f, memory).Any(i => i.FlowControl != FlowControl.Call && i.NearBranchTarget == entered.Start.Value)),
    ];

    private static Dictionary<Address, HashSet<Address>> FindCallers(ImmutableArray<AddressRange> functions, IMemory memory)
    {
        var callers = new Dictionary<Address, HashSet<Address>>();
        foreach (var function in functions.Where(f => f.Length <= LongestFunction))
        {
            foreach (var target in Targets(function, memory))
            {
                if (!function.Contains(target) && FindFunction(functions, target) is { } called)
                {
                    if (!callers.TryGetValue(called.Start, out var known))
                    {
                        callers[called.Start] = known = [];
                    }
                    known.Add(function.Start);
                }
            }
        }
        return callers;
    }

    private static IEnumerable<Address> Targets(AddressRange function, IMemory memory) => Branches(function, memory).Select(i => new Address(i.NearBranchTarget));

    private static IEnumerable<Instruction> Branches(AddressRange function, IMemory memory) =>
        memory.Read(function.Start, (int)function.Length) is not { } code ? [] : X86.CodeReader.Decode(code, function.Start)
            .Where(i => i.FlowControl is FlowControl.Call or FlowControl.UnconditionalBranch or FlowControl.ConditionalBranch);

    private static AddressRange? FindFunction(ImmutableArray<AddressRange> functions, Address at)
    {
        int low = 0;
        int high = functions.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = functions[middle].Start <= at ? (middle + 1, high) : (low, middle);
        }
        return low > 0 && functions[low - 1].Contains(at) ? functions[low - 1] : null;
    }
}
