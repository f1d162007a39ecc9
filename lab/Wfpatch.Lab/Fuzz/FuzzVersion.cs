// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;
using Wfpatch.Testing.Cases;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Fuzz;

/// <summary>One version of a random program, compiled: the objects that a patch is made from, and the program, stripped.</summary>
/// <param name="Objects">A tree of objects.</param>
/// <param name="Variables">Offset from the start of the data and length of each of the program's variables, by name.</param>
internal sealed record FuzzVersion(string Objects, string Program, ImmutableArray<(string Name, ulong Offset, ulong Length)> Variables)
{
    private const string DataStart = "__data_start";

    /// <param name="folder">Gets unit.c, the objects and the program.</param>
    /// <exception cref="InvalidOperationException">It does not compile.</exception>
    internal static async Task<FuzzVersion> CompileAsync(CProgram source, FuzzProgram program, FuzzHost host, Csmith csmith, string folder, CancellationToken cancel)
    {
        string objects = Directory.CreateDirectory(Path.Combine(folder, "objects")).FullName;
        string unit = Path.Combine(folder, "unit.c"), part = Path.Combine(objects, "unit.o"), shipped = program.IsApart ? Path.Combine(folder, "unit.o") : part;
        await File.WriteAllTextAsync(unit, source.ToString(), cancel);
        await program.Build.CompileAsync(unit, part, folder, [$"-I{csmith.Headers}", .. CaseBuild.SectionFlags], cancel);
        if (program.IsApart)
        {
            await program.Build.CompileAsync(unit, shipped, folder, [$"-I{csmith.Headers}"], cancel);
        }
        File.Copy(host.DriverPart, Path.Combine(objects, "driver.o"));
        string whole = Path.Combine(folder, "program.symbols"), stripped = Path.Combine(folder, "program");
        await program.Build.LinkAsync([shipped, host.Driver, host.Main], whole, isCxx: false, isStripped: false, cancel);
        (await ChildProcess.RunAsync(CommandLine.Of("strip", "--strip-all", "-o", stripped, whole), cancel)).OrThrow();
        return new FuzzVersion(objects, stripped, ReadVariables(await File.ReadAllBytesAsync(whole, cancel)));
    }

    /// <summary>What the host has to leave alone when it puts variables back: those that the other version lacks.</summary>
    /// <remarks>A patched process puts back the variables of the program that it was started as.</remarks>
    internal string Beyond(FuzzVersion other)
    {
        var known = other.Variables.Select(v => v.Name).ToHashSet();
        return string.Join(',', Variables.Where(v => !known.Contains(v.Name)).Select(v => $"{v.Offset}:{v.Length}"));
    }

    private static ImmutableArray<(string Name, ulong Offset, ulong Length)> ReadVariables(byte[] bytes)
    {
        var file = ElfFile.Parse(bytes, "program").File ?? throw new InvalidOperationException("the linked program cannot be read");
        ulong start = file.Symbols.First(s => s.Name == DataStart).Value;
        ulong end = file.Symbols.First(s => s.Name == "_end").Value;
        return [.. file.Symbols.Where(s => s.Kind == SymbolKind.Object && s.Value >= start && s.Value < end && s.Size > 0).Select(s => (WithoutNumber(s.Name), s.Value - start, s.Size))];
    }

    // A static local has a number behind its name.
    private static string WithoutNumber(string name) => name.Contains('.') ? name[..name.IndexOf('.')] : name;
}
