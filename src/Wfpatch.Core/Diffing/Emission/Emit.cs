// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Diffing.Unwind;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Emission;

/// <summary>From a verified change set to the object patch: old functions, new sections, replacements, anchors and points.</summary>
internal sealed class Emit
{
    private readonly ChangeSet _changes;
    private readonly DiffOptions _options;
    private readonly SymbolTable _symbols;
    private readonly OldFunctions _oldFunctions;
    private readonly ImmutableArray<PatchSection>.Builder _sections = ImmutableArray.CreateBuilder<PatchSection>();
    private readonly List<Refusal> _refusals = [];

    private Emit(ChangeSet changes, DiffOptions options)
    {
        _changes = changes;
        _options = options;
        _symbols = new SymbolTable(changes.OldGlobals);
        _oldFunctions = new OldFunctions(_symbols, new ComdatCopies(changes.Units));
    }

    public static (ObjectPatch? Patch, ImmutableArray<Refusal> Refusals) Patch(ChangeSet changes, DiffOptions options)
    {
        var run = new Emit(changes, options);
        var replacements = run.AddReplacedFunctions();
        run.AddSections();
        int block = run.AddCallbackBlock();
        run._refusals.AddRange(Points.Add(changes, options.PointNames, run._oldFunctions));
        var anchors = new Anchors(changes, run._symbols, run._oldFunctions);
        anchors.AddForLookalikes();
        run._refusals.AddRange(anchors.AddFor(run._sections));
        if (run._refusals.Count > 0)
        {
            return (null, [.. run._refusals]);
        }
        var patch = new ObjectPatch
        {
            ObjectName = options.ObjectName,
            BuildId = options.BuildId,
            Symbols = run._symbols.ToImmutable(),
            OldFunctions = run._oldFunctions.ToImmutable(),
            Sections = run._sections.ToImmutable(),
            Replacements = [.. replacements.Select(r => new Replacement(r.Old, run._symbols.Defined(r.Included)))],
            Callbacks = [.. changes.Callbacks.Select(c => new PatchCallback(c.Kind, run._symbols.Defined(changes.Find(c.Unit, c.Function)!)))],
            CallbackBlock = block,
        };
        // Only objects that contradict themselves come this far with a patch that breaks a rule.
        var problems = PatchRules.Check([patch]);
        return problems.Count == 0
            ? (patch, [])
            : (null, [FileRefusals.MalformedElf.About(options.ObjectName, $"The objects contradict themselves: {problems[0]}.")]);
    }

    private List<(int Old, IncludedPiece Included)> AddReplacedFunctions()
    {
        var replacements = new List<(int, IncludedPiece)>();
        foreach (var included in _changes.Included.Where(i => i.IsReplacement))
        {
            replacements.Add((_oldFunctions.Add(included.Unit, included.Old!, OldFunctionRole.Replaced), included));
        }
        return replacements;
    }

    private void AddSections()
    {
        var pool = new ConstantPool();
        foreach (var included in _changes.Included)
        {
            _symbols.Define(included, _sections.Count);
            _sections.Add(SectionOf(included));
            foreach (var reference in included.New.References)
            {
                if (ConstantOf(reference.Target) is { } constant)
                {
                    pool.Add(constant);
                }
            }
        }
        var constants = pool.Emit(_sections, _symbols);
        var references = new NewReferences(_changes, _symbols, constants);
        for (int i = 0; i < _changes.Included.Length; i++)
        {
            var (relocations, refusals) = references.Translate(_changes.Included[i]);
            _sections[i] = _sections[i] with { Relocations = relocations };
            _refusals.AddRange(refusals);
        }
        AddUnwindTable();
    }

    /// <summary>The variable by which callbacks are asked for.</summary>
    private int AddCallbackBlock()
    {
        if (_changes.Callbacks.IsEmpty)
        {
            return -1;
        }
        _sections.Add(new PatchSection(PatchMarks.BlockSection, PatchSectionKind.WritableData, CallbackBlock.Alignment, default, []) { ZeroBytes = CallbackBlock.Length });
        return _symbols.DefineConstant(PatchMarks.BlockSection, _sections.Count - 1, 0, CallbackBlock.Length);
    }

    private ConstantTarget? ConstantOf(ReferenceTarget target) => target as ConstantTarget ?? (DsoHandle.IsOwn(_changes, target) ? DsoHandle.Constant : null);

    private static PatchSection SectionOf(IncludedPiece included)
    {
        var kind = included.IsCode ? PatchSectionKind.Code : included.IsVariable ? PatchSectionKind.WritableData : PatchSectionKind.ReadOnlyData;
        bool isZero = kind == PatchSectionKind.WritableData && included.New.Bytes.IsEmpty;
        return new PatchSection(included.New.SectionName, kind, (uint)Math.Clamp(included.New.Alignment, 1, 4096), included.New.Bytes, [])
        {
            ZeroBytes = isZero ? (uint)included.New.Size : 0,
        };
    }

    private void AddUnwindTable()
    {
        var builder = new UnwindTableBuilder(_changes, _symbols);
        foreach (var unit in _changes.Included.Where(i => i.IsCode).GroupBy(i => i.Unit))
        {
            _refusals.AddRange(builder.Add(unit.Key, [.. unit]));
        }
        if (builder.ToSection() is { } section)
        {
            _sections.Add(section);
        }
    }
}
