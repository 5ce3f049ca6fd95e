"""Names under which a desktop runs what it opens: text called so is a program, whatever it says."""

from __future__ import annotations

import re
import unicodedata

# What Windows, Office, browsers' download guards, macOS and Linux desktops hand to something that runs it;
# without those that are people's names or plain words (`Pak.Mas`): the saved name ends in `.txt` anyway.
_LIST = """
    exe com scr pif cpl dll ocx sys drv msi msp mst msix msixbundle appx appxbundle appinstaller
    bat cmd ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psm1 pssc cdxml vb vbs vbe vbp bas js jse mjs cjs jsx ts tsx
    ws wsc wsf wsh sct hta msc msh msh1 msh2 mshxml msh1xml msh2xml inf ins isp job reg rgs
    lnk url website webloc desktop scf shb shs settingcontent-ms library-ms search-ms searchconnector-ms
    appref-ms appcontent-ms application gadget theme themepack deskthemepack diagcab diagcfg diagpkg
    manifest xbap xaml xll xla xlam xlsb xlsm xltm docm dotm pptm potm ppam ppsm sldm slk iqy oqy dqy rqy
    odc udl ade adp maf mag mam maq mau mav maw mda mdb mde mdt mdw mdz accde
    chm hlp grp plg prf printerexport cer crt der pcd fxp prg rdp rdg ica jnlp jar class war
    py pyc pyo pyw pyz pyzw pl pm rb php php3 php4 php5 php7 phps phtml phar asp aspx asa asax ascx ashx
    asmx axd cfm cgi jsp jspx shtml shtm stm htaccess
    sh bash zsh ksh csh tcsh fish command workflow app dmg pkg mpkg scpt scptd applescript osx
    run bin elf deb rpm apk ipa dylib ko awk lua tcl
    html htm xhtml xht mht mhtml svg svgz xml xsl xslt xsd rdf swf wasm rtf eps ps
    iso img vhd vhdx
"""
_PROGRAMS = frozenset(_LIST.split())
_END = ". \t:;"
_AFTER = re.compile(r"[:;]")
_OTHER = re.compile(r"[^a-z0-9-]")


def names_program(name: str) -> bool:
    """Tell whether a name's last part is the extension of a program, a script, a page or a shortcut.

    What a desktop may overlook does not hide it: dots, blanks and signs at the end, wide and unseen
    characters, a stream (`x.hta::$DATA`) or a version (`x.exe;1`).
    """
    ascii_name = unicodedata.normalize("NFKC", name).encode("ascii", "ignore").decode("ascii")
    _, dot, last = ascii_name.lower().rstrip(_END).rpartition(".")
    return bool(dot) and _OTHER.sub("", _AFTER.split(last)[0]) in _PROGRAMS
