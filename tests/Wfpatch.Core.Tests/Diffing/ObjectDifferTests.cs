// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Refusals;
using Xunit;

namespace Wfpatch.Core.Tests.Diffing;

/// <summary>Rules that need more than two sources to be seen.</summary>
public sealed class ObjectDifferTests : IDisposable
{
    private readonly string _output = Directory.CreateTempSubdirectory("wfpatch-differ-").FullName;

    [Fact]
    public void The_unit_of_a_single_object_is_its_source_file()
    {
        var (old, @new) = CompileCase("static-local-kept");
        var patch = ObjectDiffer.Diff(old, @new, new DiffOptions { ObjectName = "server", BuildId = "ab" }).Patch!;
        Assert.Equal(("server", "ab"), (patch.ObjectName, patch.BuildId));
        Assert.Contains(patch.Symbols, s => s is { Name: "count.0", Unit: "old.c", IsDefinedByPatch: false });
    }

    [Fact]
    public void A_linked_program_is_no_object()
    {
        var (old, _) = CompileCase("changed-function");
        var program = Compiler.Link([Path.Combine(_output, "old-unit.o")], Path.Combine(_output, "program"));
        var result = ObjectDiffer.Diff(old, program, new DiffOptions());
        Assert.Equal([DiffRefusals.NotAnObject], result.Refusals.Select(r => r.Kind));
    }

    [Fact]
    public void The_same_object_has_no_difference()
    {
        var (old, _) = CompileCase("changed-function");
        Assert.Equal([DiffRefusals.NoDifference], ObjectDiffer.Diff(old, old, new DiffOptions()).Refusals.Select(r => r.Kind));
    }

    /// <summary>The copy that is gone may be the one that runs, and no object that was compiled anew has one to take its place.</summary>
    [Fact]
    public void A_copy_that_is_gone_and_that_only_unchanged_objects_have_is_refused()
    {
        var @case = DiffCase.Open("run-cxx-copies-gone");
        var old = @case.Compile("old", _output);
        var unchanged = Compiler.ReadElf(old["a.o"]);
        var result = ObjectDiffer.Diff(
            [new UnitPair("a.o", unchanged, unchanged), new UnitPair("b.o", Compiler.ReadElf(old["b.o"]), Compiler.ReadElf(@case.Compile("new", _output)["b.o"]))], new DiffOptions());
        Assert.Equal([(DiffRefusals.ComdatGroup, "_Z6middlei")], result.Refusals.Select(r => (r.Kind, r.Subject)));
    }

    [Fact]
    public void A_program_tells_its_objects_from_others()
    {
        var (old, @new) = CompileCase("jump-table");
        var (stranger, _) = CompileCase("string-changed", "stranger-");
        var program = new LinkedProgram(Compiler.Link([Path.Combine(_output, "old-unit.o")], Path.Combine(_output, "program")));
        Assert.True(program.Contains(old));
        Assert.False(program.Contains(@new));
        Assert.False(program.Contains(stranger));
    }

    [Fact]
    public void Every_code_is_told_once()
    {
        Assert.Equal(RefusalTable.All.Length, RefusalTable.All.Select(r => r.Code).Distinct().Count());
        Assert.Equal(RefusalTable.All.Length, RefusalTable.All.Select(r => r.Name).Distinct().Count());
    }

    /// <summary>Codes that no case folder reaches, each with its reason: a row without a case is a promise without a proof.</summary>
    [Fact]
    public void Every_code_of_the_differ_has_a_case()
    {
        string[] elsewhere = ["not-an-object"];
        var reached = DiffCase.Names.SelectMany(n => DiffCase.Open(n).Expected.Refusals).Select(r => r.Split(' ')[0]).ToHashSet();
        var missing = DiffRefusals.All.Except(BuildRefusals.All).Select(r => r.Name).Except(reached).Except(elsewhere);
        Assert.Empty(missing);
    }

    public void Dispose() => Directory.Delete(_output, recursive: true);

    private (Core.Elf.ElfFile Old, Core.Elf.ElfFile New) CompileCase(string name, string prefix = "")
    {
        string folder = Path.Combine(_output, prefix);
        if (prefix.Length > 0)
        {
            Directory.CreateDirectory(folder);
        }
        var @case = DiffCase.Open(name);
        return (Compiler.ReadElf(@case.Compile("old", folder).Values.Single()), Compiler.ReadElf(@case.Compile("new", folder).Values.Single()));
    }
}
