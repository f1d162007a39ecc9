// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;

namespace Wfpatch.Build.Compilers;

/// <summary>One call of a compiler, as a wrapper saw it or as a compilation database tells it.</summary>
/// <param name="Folder">The working folder of the call.</param>
/// <param name="Compiler">The compiler itself, not the wrapper.</param>
internal sealed record CompileRecord(string Folder, string Compiler, ImmutableArray<string> Arguments)
{
    private static readonly string[] SourceExtensions = [".c", ".cc", ".cp", ".cpp", ".cxx", ".c++", ".C", ".CPP", ".i", ".ii", ".s", ".S", ".sx"];

    /// <summary>Options whose value is an argument of its own, and no source.</summary>
    private static readonly string[] OptionsWithValue =
    [
        "-o", "-I", "-isystem", "-iquote", "-idirafter", "-include", "-imacros", "-D", "-U", "-MF", "-MT", "-MQ", "-x", "-L", "-Xlinker", "-Xassembler",
        "-Xpreprocessor", "-Xclang", "-arch", "-target", "--param", "-isysroot", "--sysroot", "-T", "-u", "-z", "-aux-info", "-dumpbase", "-dumpdir",
    ];

    /// <summary>Null where the file is not (yet) whole: a record ends with a zero byte.</summary>
    public static CompileRecord? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[^1] != 0)
        {
            return null;
        }
        string[] parts = Encoding.UTF8.GetString(bytes[..^1]).Split('\0');
        return parts.Length < 2 ? null : new CompileRecord(parts[0], parts[1], [.. parts[2..]]);
    }

    /// <summary>The files that are compiled, as they are named in the call.</summary>
    public IEnumerable<string> Sources
    {
        get
        {
            for (int i = 0; i < Arguments.Length; i++)
            {
                if (OptionsWithValue.Contains(Arguments[i]))
                {
                    i++;
                }
                else if (!Arguments[i].StartsWith('-') && SourceExtensions.Contains(Path.GetExtension(Arguments[i])))
                {
                    yield return Arguments[i];
                }
            }
        }
    }

    /// <summary>True for a call that makes one object file.</summary>
    public bool MakesObject => Arguments.Contains("-c") && Sources.Take(2).Count() == 1;

    /// <summary>The full path of the object file that the call makes; without -o it is the source's name in the working folder.</summary>
    public string? Output
    {
        get
        {
            if (!MakesObject)
            {
                return null;
            }
            string? named = ValueOf("-o");
            return Path.GetFullPath(named ?? Path.GetFileNameWithoutExtension(Sources.First()) + ".o", Folder);
        }
    }

    /// <summary>The value of an option that stands alone or joined; the last one counts.</summary>
    public string? ValueOf(string option)
    {
        string? value = null;
        for (int i = 0; i < Arguments.Length; i++)
        {
            if (Arguments[i] == option && i + 1 < Arguments.Length)
            {
                value = Arguments[++i];
            }
            else if (Arguments[i].Length > option.Length && Arguments[i].StartsWith(option, StringComparison.Ordinal))
            {
                value = Arguments[i][option.Length..];
            }
        }
        return value;
    }
}
