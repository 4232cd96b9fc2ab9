package store

import "syscall"

// remote lists, by the magic number that statfs gives (linux/magic.h), filesystems whose locks or shared memory are
// not those of one machine, or are another program's: WAL mode shares an index between connections by mapping memory.
var remote = map[int64]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xff534d42: "CIFS",
	0xfe534d42: "SMB2",
	0x01021997: "9P, a share of another machine or the host",
	0x5346414f: "AFS",
	0x6b414653: "AFS",
	0x73757245: "Coda",
	0x564c:     "NCP",
	0x65735546: "FUSE (sshfs and its like)",
	0x00c36400: "Ceph",
	0x0bd00bd0: "Lustre",
	0x47504653: "GPFS",
	0x01161970: "GFS2, a disk shared between machines",
	0x7461636f: "OCFS2, a disk shared between machines",
	0x786f4256: "a VirtualBox shared folder",
	0xbacbacbc: "a VMware shared folder",
}

// networkFilesystem names the filesystem of dir when it is not safe for a database, and returns "" otherwise.
func networkFilesystem(dir string) (string, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return "", err
	}
	return remote[int64(uint32(st.Type))], nil
}
