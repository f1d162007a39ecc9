// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.X86;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends.Dispatch;

/// <summary>
/// Plans that the target's unwinder finds the frames of new code: exceptions, forced unwinding (pthread_cancel, pthread_exit) and
/// backtrace() all ask <c>_Unwind_Find_FDE</c> of libgcc. Other unwinders are found and refused where an exception may meet new code.
/// </summary>
public sealed class UnwinderPlanner(Target target, TargetState state, IMemory original, List<Refusal> refusals)
{
    private const string Lookup = "_Unwind_Find_FDE";

    /// <summary>What an unwinder asks the loader.</summary>
    private static readonly string[] LoaderQueries = ["_dl_find_object", "dl_iterate_phdr"];

    /// <summary>By what others use an unwinder.</summary>
    private static readonly string[] UnwinderCalls =
        ["_Unwind_Resume", "_Unwind_RaiseException", "_Unwind_Backtrace", "_Unwind_ForcedUnwind", Lookup];

    private readonly List<CodeWrite> _code = [];

    /// <summary>The trampolines of unwinders that are new.</summary>
    public IReadOnlyList<CodeWrite> Code => _code;

    /// <summary>The unwinders of the state, and new ones behind them.</summary>
    /// <param name="parts">The patch; empty for a revert, which refuses nothing.</param>
    /// <param name="head">Where they will read the address of the newest frame index.</param>
    public ImmutableArray<UnwinderState> Plan(IReadOnlyCollection<ObjectPatch> parts, AddressSpaceMap space, Address head)
    {
        var unwinders = state.Unwinders.ToBuilder();
        foreach (var (loaded, function) in FindLookups())
        {
            if (unwinders.Any(u => u.Function == function))
            {
                continue;
            }
            var (plan, refusal) = PlanRedirect(loaded.FileName, function, space);
            if (plan is not null)
            {
                unwinders.Add(new UnwinderState(loaded.FileName, function, plan));
                _code.Add(FrameLookupTrampoline.Initial(plan, head));
            }
            else if (parts.Any(MayMeetExceptions))
            {
                refusals.Add(TargetRefusals.OtherUnwinder.About(
                    loaded.FileName, $"The unwinder of {loaded.FileName} cannot be shown the frames of new code: {refusal!.Sentence}"));
            }
        }
        if (parts.Any(MayMeetExceptions))
        {
            refusals.AddRange(target.Objects.Where(IsOtherUnwinder).Select(o => TargetRefusals.OtherUnwinder.About(
                o.FileName, $"{o.FileName} seems to have an unwinder of its own, by which an exception would not get through new code.")));
        }
        return unwinders.ToImmutable();
    }

    /// <summary>Whether new code is C++, or C with cleanups. An exception may be thrown through other C code as well, by a callback in C++; where
    /// the unwinder is not known, such code is as opaque to it as code without tables.</summary>
    private static bool MayMeetExceptions(ObjectPatch part) =>
        part.Symbols.Any(s => s.IsDefinedByPatch && (s.Name.StartsWith("_Z", StringComparison.Ordinal) || s.Name.StartsWith(".gcc_except_table", StringComparison.Ordinal)))
        || part.OldFunctions.Any(f => f.Role == OldFunctionRole.Replaced && f.Name.StartsWith("_Z", StringComparison.Ordinal));

    /// <summary>The name of an object with an unwinder that is not shown our frames; null: there is none.</summary>
    public static string? FindUninformed(Target target, TargetState state) =>
        target.Objects.FirstOrDefault(o => IsOtherUnwinder(o) || o.Image.FindDynamicSymbols(Lookup).Any(s => s.IsDefined && !state.Unwinders.Any(u => u.Function.Contains(o.Image.ToMemory(s.Value)))))?.FileName;

    private IEnumerable<(LoadedObject Loaded, AddressRange Function)> FindLookups() =>
        from loaded in target.Objects
        let table = loaded.UnwindTable
        where table is not null
        from symbol in loaded.Image.FindDynamicSymbols(Lookup).Where(s => s.IsDefined)
        let start = loaded.Image.ToMemory(symbol.Value)
        let function = table.TryFind(start, out var found) && found.Start == start ? found : default
        where function.Length > 0
        select (loaded, function);

    /// <summary>LLVM's unwinder or libunwind, which raise exceptions themselves, or an object with landing pads and a copy of libgcc's that was
    /// linked in: it asks the loader what is loaded, and goes on from its landing pads without an unwinder of another object.</summary>
    private static bool IsOtherUnwinder(LoadedObject loaded)
    {
        var image = loaded.Image;
        if (Defines("dl_iterate_phdr") || Defines("_dl_find_object") || Defines(Lookup))
        {
            return false; // the C library and its loader, or libgcc
        }
        return Defines("_Unwind_RaiseException") || (LoaderQueries.Any(Imports) && !UnwinderCalls.Any(Imports) && loaded.UnwindTable is { HasLandingPads: true });

        bool Defines(string name) => image.FindDynamicSymbols(name).Any(s => s.IsDefined);
        bool Imports(string name) => image.FindDynamicSymbols(name).Any(s => !s.IsDefined);
    }

    // The lookup needs the arguments and the return address, which are as on entry behind an endbr64 as well.
    private (RedirectPlan? Plan, Refusal? Refusal) PlanRedirect(string name, AddressRange function, AddressSpaceMap space)
    {
        int length = (int)function.Length + EntryCode.CodeBytes;
        var code = original.Read(function.Start, length) ?? throw new TargetAccessException($"reading {Lookup} of {name}", Linux.Errno.Fault);
        var result = RedirectPlanner.Plan($"{Lookup} of {name}", function, code, space, FrameLookupTrampoline.Length);
        if (result.Plan is null && CodeReader.DecodeFirst(code, function.Start) is { Mnemonic: Iced.Intel.Mnemonic.Endbr64 } mark)
        {
            var rest = new AddressRange(function.Start + mark.Length, function.End);
            return RedirectPlanner.Plan($"{Lookup} of {name}", rest, code.AsMemory(mark.Length), space, FrameLookupTrampoline.Length);
        }
        return result;
    }
}
