// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>Runs compilers and binutils in a folder of its own, which goes with the test.</summary>
internal sealed class Toolchain : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("wfpatch-unwind-").FullName;

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Compiles and links one source text; gives the path of the result.</summary>
    public string Compile(string outputName, string sourceName, string source, params string[] options)
    {
        File.WriteAllText(PathOf(sourceName), source);
        string compiler = sourceName.EndsWith(".cc", StringComparison.Ordinal) ? "g++" : "gcc";
        Run(compiler, ["-o", PathOf(outputName), PathOf(sourceName), .. options]);
        return PathOf(outputName);
    }

    /// <summary>Compiles and links one of the sources in Programs/; gives the path of the result.</summary>
    public string CompileFile(string outputName, string sourceName, params string[] options) =>
        Compile(outputName, sourceName, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Unwinding", "Programs", sourceName)), options);

    /// <summary>What a program prints; a test fails where it does not end well within two minutes.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill();
            throw new TimeoutException($"{program} does not end");
        }
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}: {errors.Result}");
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
