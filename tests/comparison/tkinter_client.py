#!/usr/bin/env python3
"""A chat client as one writes it in a course: a thread, a socket, a Text widget.

Usage: tkinter_client.py HOST PORT NAME

It stands beside salotto-gui when that is measured (gui/tests/window/comparison.rs). It sends what is typed as a line, and shows
whatever comes. Only the last line of poll() is there for the measurement: it says how many characters were shown.
"""

import queue
import socket
import sys
import threading
import tkinter

host, port, name = sys.argv[1:4]
connection = socket.create_connection((host, int(port)))
# With a newline: who gives a name without one is sent a line at a time, with pauses, and a flood would be measured in minutes.
connection.send((name + "\n").encode())
arrived = queue.Queue()


def receive():
    while chunk := connection.recv(1024):
        arrived.put(chunk.decode(errors="replace"))


def send(event=None):
    if text := entry.get():
        connection.send((text + "\n").encode())
        entry.delete(0, tkinter.END)


def poll():
    while not arrived.empty():
        chunk = arrived.get()
        messages.config(state=tkinter.NORMAL)
        messages.insert(tkinter.END, chunk)
        messages.config(state=tkinter.DISABLED)
        messages.see(tkinter.END)
        print("shown", len(chunk), file=sys.stderr)
    window.after(100, poll)


window = tkinter.Tk(className="tkinter-client")
window.title("Chat")
scrollbar = tkinter.Scrollbar(window)
scrollbar.pack(side=tkinter.RIGHT, fill=tkinter.Y)
messages = tkinter.Text(window, state=tkinter.DISABLED, wrap=tkinter.WORD, yscrollcommand=scrollbar.set)
messages.pack(fill=tkinter.BOTH, expand=True)
scrollbar.config(command=messages.yview)
entry = tkinter.Entry(window)
entry.bind("<Return>", send)
entry.pack(side=tkinter.LEFT, fill=tkinter.X, expand=True)
tkinter.Button(window, text="Send", command=send).pack(side=tkinter.RIGHT)
entry.focus()

threading.Thread(target=receive, daemon=True).start()
poll()
window.mainloop()
