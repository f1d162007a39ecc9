// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;

namespace Wfpatch.Live.Linux;

/// <summary>A line of /proc/PID/maps.</summary>
public sealed record Mapping(AddressRange Range, bool IsReadable, bool IsWritable, bool IsExecutable, bool IsPrivate, ulong FileOffset, string Path)
{
    /// <summary>No file, no name of the kernel's.</summary>
    public bool IsAnonymous => Path.Length == 0 || Path.StartsWith("[anon:", StringComparison.Ordinal);

    public bool IsFile => Path.StartsWith('/');

    /// <summary>The file's name without its folder; also of a deleted file.</summary>
    public string FileName => System.IO.Path.GetFileName(Path.Replace(" (deleted)", "", StringComparison.Ordinal));
}

/// <summary>What a thread is doing (/proc/PID/task/TID/syscall).</summary>
/// <param name="IsBlocked">In a system call, not running.</param>
/// <param name="Number">The system call, or -1 where it is blocked elsewhere (a page fault).</param>
public readonly record struct ThreadActivity(bool IsBlocked, long Number, SyscallArguments Arguments, Address StackPointer, Address InstructionPointer);

/// <summary>proc(5), for one process. A missing file means that the process or thread is gone: null, or an empty list.</summary>
public sealed class ProcFs(int process)
{
    /// <summary>Threads that are known to run the program: each of them is looked at once.</summary>
    private ImmutableHashSet<int> _ofProgram = [];

    public bool Exists => Directory.Exists($"/proc/{process}/task");

    /// <summary>Whether nothing of the process is left but its entry. Where the main thread alone has ended (pthread_exit), it goes on: then the
    /// kernel shows its memory, files and folders with another thread only.</summary>
    public bool HasEnded => !Exists || (IsDead(process) && !ListThreads().Any(t => t != process && !IsDead(t)));

    /// <summary>The folder of a thread that lives, the main thread's where it does.</summary>
    public string LivingFolder => IsDead(process) && ListThreads().Where(t => t != process && !IsDead(t)).ToList() is [var other, ..]
        ? $"/proc/{process}/task/{other}"
        : $"/proc/{process}";

    public ImmutableArray<Mapping> ReadMappings()
    {
        var all = ImmutableArray.CreateBuilder<Mapping>();
        foreach (string line in ReadMapsLines())
        {
            var parts = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            var ends = parts[0].Split('-');
            var range = new AddressRange(new Address(ParseHex(ends[0])), new Address(ParseHex(ends[1])));
            string rights = parts[1];
            all.Add(new Mapping(range, rights[0] == 'r', rights[1] == 'w', rights[2] == 'x', rights[3] == 'p', ParseHex(parts[2]), parts.Length > 5 ? parts[5].Trim() : ""));
        }
        return all.ToImmutable();
    }

    /// <summary>The ids of the threads that are not dead, in the kernel's order. A main thread that has ended is left out while others live. Left out, too, are threads that
    /// the kernel has made in the process for work of its own (<see cref="QuietProcFs.IsOfKernel"/>): they never run a program's code, and a stop would end their work with EINTR.</summary>
    public ImmutableArray<int> ReadThreads()
    {
        var all = ListThreads();
        var known = _ofProgram;
        var threads = all.RemoveAll(t => !known.Contains(t) && QuietProcFs.IsOfKernel(process, t));
        _ofProgram = [.. threads];
        return threads.Length > 1 && IsDead(process) ? threads.Remove(process) : threads;
    }

    /// <summary>The threads that <see cref="ReadThreads"/> leaves out.</summary>
    public ImmutableArray<int> ReadThreadsOfKernel() => [.. ListThreads().Where(t => QuietProcFs.IsOfKernel(process, t))];

    public string? ReadThreadName(int thread) => ReadText($"/proc/{process}/task/{thread}/comm")?.TrimEnd('\n');

    /// <summary>Whether a thread has a shadow stack (Linux 6.6, Documentation/arch/x86/shstk.rst), on which each return must find its call.</summary>
    public bool HasShadowStacks => ReadThreads().Any(t => ShowsShadowStack(ReadLines($"/proc/{process}/task/{t}/status")));

    /// <summary>The same of the lines of a thread's status.</summary>
    public static bool ShowsShadowStack(IEnumerable<string> status) => FieldOf(status, "x86_Thread_features")?.Split(' ').Contains("shstk") == true;

    /// <summary>A field of /proc/PID/status, or of a thread's.</summary>
    public string? ReadStatus(string field, int? thread = null)
    {
        string path = thread is { } id ? $"/proc/{process}/task/{id}/status" : $"/proc/{process}/status";
        return FieldOf(ReadLines(path), field);
    }

    private static string? FieldOf(IEnumerable<string> lines, string field) =>
        lines.FirstOrDefault(l => l.StartsWith(field + ":", StringComparison.Ordinal))?[(field.Length + 1)..].Trim();

    public ThreadActivity? ReadActivity(int thread)
    {
        if (ReadText($"/proc/{process}/task/{thread}/syscall") is not { Length: > 0 } text)
        {
            return null;
        }
        var parts = text.Trim().Split(' ');
        if (parts[0] == "running")
        {
            return new ThreadActivity(false, -1, default, default, default);
        }
        long number = long.Parse(parts[0], CultureInfo.InvariantCulture);
        ulong[] a = [.. parts.Length >= 9 ? parts[1..7].Select(ParseHex) : new ulong[6]];
        return new ThreadActivity(true, number, new(a[0], a[1], a[2], a[3], a[4], a[5]), new Address(ParseHex(parts[^2])), new Address(ParseHex(parts[^1])));
    }

    /// <summary>Clock ticks after boot at which the process started: with the pid, what tells it from an earlier one.</summary>
    public ulong? ReadStartTime()
    {
        string? text = ReadText($"/proc/{process}/stat");
        // The name is in parentheses and may hold anything: count from the last one.
        var fields = text?[(text.LastIndexOf(')') + 2)..].Split(' ');
        return fields is { Length: > 19 } ? ulong.Parse(fields[19], CultureInfo.InvariantCulture) : null;
    }

    /// <summary>What tells one program from the next after exec: where its code and its stack begin (proc_pid_stat(5)); null where that is not shown.</summary>
    public (string Code, string Stack)? ReadImage()
    {
        string? text = ReadText($"{LivingFolder}/stat");
        var fields = text?[(text.LastIndexOf(')') + 2)..].Split(' ');
        return fields is { Length: > 25 } && fields[23] != "0" ? (fields[23], fields[25]) : null;
    }

    /// <summary>The state letter of a thread: R, S, D, T, t, Z, X; or null.</summary>
    public char? ReadThreadState(int thread)
    {
        string? text = ReadText($"/proc/{process}/task/{thread}/stat");
        int at = text?.LastIndexOf(')') ?? -1;
        return at >= 0 && at + 2 < text!.Length ? text[at + 2] : null;
    }

    /// <summary>A soft limit of getrlimit(2), by its name in /proc/PID/limits; null: unlimited, or not known.</summary>
    public ulong? ReadLimit(string name)
    {
        string? line = ReadLines($"/proc/{process}/limits").FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line is not null && ulong.TryParse(line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out ulong limit) ? limit : null;
    }

    /// <summary>A field of /proc/PID/status that is a number of kB, in bytes; 0 where it is not there.</summary>
    public ulong ReadSize(string field) =>
        ReadLines($"{LivingFolder}/status").FirstOrDefault(l => l.StartsWith(field + ":", StringComparison.Ordinal)) is { } line
        && ulong.TryParse(line[(field.Length + 1)..].Split(' ', '\t').First(w => w.Length > 0), CultureInfo.InvariantCulture, out ulong kilobytes) ? kilobytes * 1024 : 0;

    /// <summary>The mappings with the flags of each (VmFlags in /proc/PID/smaps, two letters a flag, proc(5)). Costs the kernel a walk over all pages.</summary>
    public ImmutableArray<(AddressRange Range, ImmutableArray<string> Flags)> ReadMappingFlags()
    {
        var all = ImmutableArray.CreateBuilder<(AddressRange, ImmutableArray<string>)>();
        AddressRange range = default;
        foreach (string line in ReadLines($"{LivingFolder}/smaps"))
        {
            string word = line.Split(' ', 2)[0];
            if (word == "VmFlags:")
            {
                all.Add((range, [.. line["VmFlags:".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)]));
            }
            else if (!word.EndsWith(':') && word.Split('-') is [var start, var end])
            {
                range = new AddressRange(new Address(ParseHex(start)), new Address(ParseHex(end)));
            }
        }
        return all.ToImmutable();
    }

    /// <summary>The address-space generations of the process that can be entered, beside generation 0 (/proc/PID/generations, Documentation/mm/wfgen.rst of the series
    /// in kernel/): the kernel's numbers.</summary>
    public ImmutableArray<int> ReadViews() =>
    [
        .. ReadLines($"{LivingFolder}/generations").Skip(1).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(w => w[^1] == "live").Select(w => int.Parse(w[0], CultureInfo.InvariantCulture)),
    ];

    /// <summary>Whether a descriptor of the process is what the kernel calls so, as anon_inode:[userfaultfd].</summary>
    public bool HasDescriptor(string name)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"{LivingFolder}/fd").Any(f => LinkOf(f) == name);
        }
        catch (Exception e) when (IsGone(e))
        {
            return false;
        }
    }

    /// <summary>The control group of the process in the hierarchy that a controller belongs to: its path, and whether that is the unified one (cgroups(7)).</summary>
    public (string Path, bool IsUnified)? ReadCgroupOf(string controller)
    {
        var groups = ReadLines($"/proc/{process}/cgroup").Select(l => l.Split(':', 3)).Where(p => p.Length == 3).ToList();
        return groups.FirstOrDefault(p => p[1].Split(',').Contains(controller)) is { } own ? (own[2], false)
            : groups.FirstOrDefault(p => p[0] == "0" && p[1].Length == 0) is { } unified ? (unified[2], true)
            : null;
    }

    private static string? LinkOf(string file)
    {
        try
        {
            return new FileInfo(file).LinkTarget;
        }
        catch (Exception e) when (IsGone(e))
        {
            return null;
        }
    }

    /// <summary>Nanoseconds that a thread has run on a processor; null where the kernel does not count them, or it is gone.</summary>
    public ulong? ReadRunTime(int thread) =>
        ReadText($"/proc/{process}/task/{thread}/schedstat")?.Split(' ') is [var ran, ..] && ulong.TryParse(ran, CultureInfo.InvariantCulture, out ulong time) ? time : null;

    /// <summary>The file that the process runs, without folder.</summary>
    public string? ReadExecutableName() => Path.GetFileName(ReadExecutable());

    /// <summary>The paths of the control groups that the process is in, one for each hierarchy.</summary>
    public IEnumerable<string> ReadCgroups() => ReadLines($"/proc/{process}/cgroup").Select(l => l.Split(':', 3)).Where(p => p.Length == 3).Select(p => p[2]);

    /// <summary>The file that the process runs, with its path.</summary>
    public string? ReadExecutable()
    {
        try
        {
            return File.ResolveLinkTarget($"{LivingFolder}/exe", false)?.FullName.Replace(" (deleted)", "", StringComparison.Ordinal);
        }
        catch (Exception e) when (IsGone(e))
        {
            return null;
        }
    }

    private bool IsDead(int thread) => ReadThreadState(thread) is 'Z' or 'X';

    private string[] ReadMapsLines()
    {
        string[] lines = ReadLines($"/proc/{process}/maps");
        return lines.Length > 0 ? lines : ReadLines($"{LivingFolder}/maps");
    }

    private ImmutableArray<int> ListThreads() => WholeListing.Read(ListThreadsOnce);

    private ImmutableArray<int> ListThreadsOnce()
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{process}/task").Select(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture))];
        }
        catch (Exception e) when (IsGone(e))
        {
            return [];
        }
    }

    private static ulong ParseHex(string text) =>
        ulong.Parse(text.StartsWith("0x", StringComparison.Ordinal) ? text.AsSpan(2) : text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (IsGone(e))
        {
            return null;
        }
    }

    private static string[] ReadLines(string path) => ReadText(path)?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];

    // ESRCH arrives as an IOException; a thread that ended as a missing file.
    private static bool IsGone(Exception e) => e is IOException or UnauthorizedAccessException;
}
