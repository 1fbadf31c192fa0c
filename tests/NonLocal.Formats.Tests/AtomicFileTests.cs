using System.Text;

namespace NonLocal.Formats.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-atomic").FullName;

    private string Target => Path.Combine(folder, "weights.bin");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Write_ExistingFile_IsReplacedAndNothingElseIsLeft()
    {
        File.WriteAllText(Target, "old and longer");

        AtomicFile.Write(Target, stream => stream.Write("new"u8));

        Assert.Equal("new", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Write_BeforeTheWriterReturns_OldFileIsWhole()
    {
        File.WriteAllText(Target, "old");

        AtomicFile.Write(Target, stream =>
        {
            stream.Write(new byte[100_000]);
            stream.Flush();
            Assert.Equal("old", File.ReadAllText(Target));
        });

        Assert.Equal(100_000, new FileInfo(Target).Length);
    }

    [Fact]
    public void RemoveLeftovers_FolderOfAKilledWriter_OnlyTemporaryFilesGo()
    {
        string[] others = [Target, Path.Combine(folder, ".notes.tmp"), Path.Combine(folder, $"{Guid.NewGuid():N}.tmp")];
        foreach (string path in others.Append(Path.Combine(folder, $".weights.bin.{Guid.NewGuid():N}.tmp")))
        {
            File.WriteAllText(path, "half");
        }

        AtomicFile.RemoveLeftovers(folder);

        Assert.Equal(others.Order(), Directory.GetFileSystemEntries(folder).Order());
    }

    [Theory]
    [InlineData(28)]
    [InlineData(unchecked((int)0x80070070))]
    public void Write_DiskFull_SaysSoAndKeepsTheOldFile(int code)
    {
        File.WriteAllText(Target, "old");

        var error = Assert.Throws<IOException>(() =>
            AtomicFile.Write(Target, stream => stream.Write(new byte[5000]), inner => new FullDisk(inner, 4096, code)));

        Assert.Equal($"{Target}: the disk is full; nothing was written", error.Message);
        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Write_DiskFullOnFlush_SaysSoAndKeepsTheOldFile()
    {
        File.WriteAllText(Target, "old");

        var error = Assert.Throws<IOException>(() =>
            AtomicFile.Write(Target, stream => stream.Write(new byte[10]), inner => new FullDisk(inner, 4096, 28) { FailsOnFlush = true }));

        Assert.Equal($"{Target}: the disk is full; nothing was written", error.Message);
        Assert.Equal([Target], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Write_WriterThrows_ErrorPassesAndNothingIsLeft()
    {
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(Target, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));

        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Write_MissingFolder_IsOneSentence()
    {
        string path = Path.Combine(folder, "missing", "weights.bin");

        var error = Assert.Throws<IOException>(() => AtomicFile.Write(path, stream => stream.WriteByte(1)));

        Assert.Equal($"{path}: there is no such folder; nothing was written", error.Message);
    }

    [Fact]
    public void Write_OverAFolder_IsOneSentence()
    {
        var error = Assert.Throws<IOException>(() => AtomicFile.Write(folder, stream => stream.WriteByte(1)));

        Assert.Equal($"{folder}: this is a folder; expected the name of a file; nothing was written", error.Message);
    }

    [Fact]
    public void Write_ThroughASymbolicLink_ReplacesItsTarget()
    {
        string link = Path.Combine(folder, "latest.bin");
        File.WriteAllText(Target, "old");
        File.CreateSymbolicLink(link, Target);

        AtomicFile.Write(link, stream => stream.Write("new"u8));

        Assert.Equal("new", File.ReadAllText(Target));
        Assert.NotNull(new FileInfo(link).LinkTarget);
    }

    [Fact]
    public void Open_MissingFile_IsOneSentence()
    {
        var error = Assert.Throws<IOException>(() => InputFile.Open(Target));

        Assert.Equal($"{Target}: there is no such file", error.Message);
    }

    [Fact]
    public void Open_Folder_IsOneSentence()
    {
        var error = Assert.Throws<IOException>(() => InputFile.Open(folder));

        Assert.Equal($"{folder}: this is a folder; expected a file", error.Message);
    }

    [Fact]
    public void Crc32_CheckTextInAnyPieces_IsThePublishedValue()
    {
        byte[] text = Encoding.ASCII.GetBytes("123456789");

        Assert.Equal(0xCBF43926u, Crc32.Compute(text));
        for (int cut = 0; cut <= text.Length; cut++)
        {
            Assert.Equal(0xCBF43926u, Crc32.Compute(text.AsSpan(cut), Crc32.Compute(text.AsSpan(0, cut))));
        }
    }

    /// <summary>A stream that takes some bytes and then fails as a full disk does.</summary>
    private sealed class FullDisk(Stream inner, long space, int code) : Stream
    {
        private long written;

        public bool FailsOnFlush { get; init; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => written;

        public override long Position { get => written; set => throw new NotSupportedException(); }

        public override void Flush()
        {
            if (FailsOnFlush)
            {
                throw new IOException("No space left on device", code);
            }

            inner.Flush();
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            int fits = (int)Math.Min(count, space - written);
            inner.Write(buffer, offset, fits);
            written += fits;
            if (fits < count)
            {
                throw new IOException("No space left on device", code);
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
