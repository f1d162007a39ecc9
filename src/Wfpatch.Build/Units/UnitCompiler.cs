// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.IO.Hashing;
using Wfpatch.Build.Compilers;
using Wfpatch.Build.Processes;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Units;

/// <summary>Compiles single units as a compilation database says, in the mirror, with a section for each function.</summary>
internal sealed class UnitCompiler(SourceMirror mirror, string log, CancellationToken cancel)
{
    /// <summary>What the compiler reads for a unit, as full paths; null where it cannot say (a generated file is missing).</summary>
    public async Task<ImmutableArray<string>?> ReadsAsync(CompileRecord unit)
    {
        var result = await new ToolRun(null, cancel) { WorkingFolder = unit.Folder }.RunAsync(unit.Compiler, [.. Plain(unit.Arguments).Where(a => a != "-c"), "-M"]);
        return result.IsOk ? [.. DependencyFile.Parse(result.Output).Select(d => Path.GetFullPath(d, unit.Folder))] : null;
    }

    /// <summary>A key of what a unit is after preprocessing, lines as __LINE__ tells them included: units of the same key compile to the same code.
    /// Null where the preprocessor fails, or where it read one of the originals that the mirror has in another form.</summary>
    public async Task<string?> KeyOfAsync(CompileRecord unit, IReadOnlySet<string> originals, string output)
    {
        string folder = mirror.Inside(unit.Folder);
        string dependencies = output + ".d";
        string[] extra = [.. Maps(unit.Arguments), "-E", "-P", "-MD", "-MF", dependencies, "-o", output];
        var result = await new ToolRun(null, cancel) { WorkingFolder = folder }.RunAsync(mirror.Inside(unit.Compiler), [.. mirror.Inside(Plain(unit.Arguments)).Where(a => a != "-c"), .. extra]);
        if (!result.IsOk || DependencyFile.Parse(File.ReadAllText(dependencies)).Any(d => originals.Contains(Path.GetFullPath(d, folder))))
        {
            return null;
        }
        string key = Convert.ToHexStringLower(XxHash128.Hash(File.ReadAllBytes(output)));
        File.Delete(output);
        return key;
    }

    /// <summary>What the compiler read, as full paths of the mirror where they lie there.</summary>
    public async Task<(ImmutableArray<string> Reads, Refusal? Refusal)> CompileAsync(CompileRecord unit, string output)
    {
        string folder = mirror.Inside(unit.Folder);
        string unitLog = output + ".log";
        if (!Directory.Exists(folder))
        {
            return ([], BuildRefusals.BadCompileCommands.About(unit.Sources.First(), $"{unit.Sources.First()} is compiled in {unit.Folder}, which does not exist."));
        }
        string[] whole = unit.Arguments.Any(a => a == "-flto" || a.StartsWith("-flto=", StringComparison.Ordinal)) ? ["-fno-lto"] : [];
        string[] extra = [.. WrapperScript.SectionFlags.Split(' '), .. whole, .. Maps(unit.Arguments), "-MD", "-MF", output + ".d", "-o", output];
        var result = await new ToolRun(unitLog, cancel) { WorkingFolder = folder }.RunAsync(mirror.Inside(unit.Compiler), [.. mirror.Inside(Plain(unit.Arguments)), .. extra]);
        string source = unit.Sources.First();
        if (BuildFailure.Of(result, source, $"{source} could not be compiled", unitLog, "gcc") is { } refusal)
        {
            // The log of one unit goes with the work; what it says is kept.
            lock (mirror)
            {
                File.AppendAllText(log, File.ReadAllText(unitLog));
            }
            return ([], refusal with { Sentence = refusal.Sentence.Replace(unitLog, log, StringComparison.Ordinal) });
        }
        return ([.. DependencyFile.Parse(File.ReadAllText(output + ".d")).Select(d => Path.GetFullPath(d, folder))], null);
    }

    // The mirror's paths are told as the original's; where the call itself gives those other names, so are the mirror's. Of several maps that fit,
    // the last one is taken, and once. (GCC manual, -ffile-prefix-map.)
    private IEnumerable<string> Maps(ImmutableArray<string> arguments)
    {
        yield return $"-ffile-prefix-map={mirror.Root}={mirror.Original}";
        foreach (string map in arguments.Where(a => a.StartsWith("-ffile-prefix-map=", StringComparison.Ordinal) || a.StartsWith("-fmacro-prefix-map=", StringComparison.Ordinal)))
        {
            string[] parts = map.Split('=', 3);
            if (parts.Length == 3 && mirror.Inside(parts[1]) is { } inside && inside != parts[1])
            {
                yield return $"{parts[0]}={inside}={parts[2]}";
            }
            else if (parts.Length == 3 && parts[1].Length > 0 && mirror.Original.StartsWith(parts[1], StringComparison.Ordinal))
            {
                yield return $"{parts[0]}={mirror.Root}={parts[2]}{mirror.Original[parts[1].Length..]}";
            }
        }
    }

    // Without what says where the result goes, and what else is to be written.
    private static ImmutableArray<string> Plain(ImmutableArray<string> arguments)
    {
        var plain = ImmutableArray.CreateBuilder<string>();
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is "-o" or "-MF" or "-MT" or "-MQ")
            {
                i++;
            }
            else if (!(arguments[i].StartsWith("-o", StringComparison.Ordinal) || arguments[i].StartsWith("-M", StringComparison.Ordinal)))
            {
                plain.Add(arguments[i]);
            }
        }
        return plain.ToImmutable();
    }
}
