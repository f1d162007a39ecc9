// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Wfpatch.Core.Elf;
using Wfpatch.Testing.Targets;

namespace Wfpatch.Lab.Bench;

/// <summary>What others need for the same objects, one after the other on one processor: readelf -a, objdump -d, and kpatch's create-diff-object where it is
/// on PATH. They are given a sample: some of them are slow.</summary>
/// <param name="archives">Where the objects come from.</param>
internal sealed class DifferBaselines(ImmutableArray<string> archives)
{
    private const int Objects = 40;

    private static readonly ImmutableArray<(string Tool, string Command)> Tools =
    [
        ("readelf", "for f in *.o; do readelf -a $f; done"),
        ("objdump", "for f in *.o; do objdump -d $f; done"),
        ("create-diff-object", "touch symvers; for f in *.o; do readelf -sW $f >symbols; cp $f same; create-diff-object $f same vmlinux symbols symvers p out; done"),
    ];

    /// <param name="ours">Milliseconds of processor time that the differ needs for a megabyte of them.</param>
    internal async Task<ImmutableArray<Figure>> MeasureAsync(double ours, CancellationToken cancel)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("wfpatch-differ-");
        try
        {
            double megabytes = await UnpackAsync(folder.FullName, cancel);
            List<Figure> figures = [];
            foreach (var (tool, command) in Tools)
            {
                string name = $"{tool}, processor time of a MB";
                figures.Add(await MillisecondsAsync(folder.FullName, tool, command, cancel) is { } spent
                    ? new(name, "ms", Math.Round(spent / megabytes, 1), Math.Round(ours, 1), "the differ", null,
                        string.Create(CultureInfo.InvariantCulture, $"{Objects} objects, {megabytes:0.#} MB"), [])
                    : Figure.NotInstalled(name));
            }
            return [.. figures];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<double> UnpackAsync(string folder, CancellationToken cancel)
    {
        long bytes = 0;
        foreach (var (member, i) in archives.Reverse().SelectMany(a => ArchiveFile.Parse(File.ReadAllBytes(a), a).Archive?.Members ?? []).Take(Objects).Select((m, i) => (m, i)))
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, $"{i}.o"), member.Bytes.ToArray(), cancel);
            bytes += member.Bytes.Length;
        }
        return bytes / 1e6;
    }

    private static async Task<double?> MillisecondsAsync(string folder, string tool, string command, CancellationToken cancel)
    {
        // The shell's times(1): its own and its children's, user and system.
        using Process shell = new() { StartInfo = new("bash", ["-c", $"command -v {tool} >/dev/null || exit 77; TIMEFORMAT='%U %S'; time ( ({command}) >/dev/null 2>&1 ); exit 0"]) { WorkingDirectory = folder, RedirectStandardError = true } };
        shell.Start();
        string times = await shell.StandardError.ReadToEndAsync(cancel);
        await shell.WaitForExitAsync(cancel);
        double[] seconds = [.. times.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(t => double.Parse(t, CultureInfo.InvariantCulture))];
        return shell.ExitCode == 77 ? null : seconds.Sum() * 1000;
    }
}
